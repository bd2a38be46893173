package nemesis

import (
	"reflect"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

func TestTheSidesOfAPartitionAreThoseWhoHearEachOther(t *testing.T) {
	five := []string{"n3", "n1", "n5", "n2", "n4"}
	for _, c := range []struct {
		shape string
		flip  bool
		want  [][]string
	}{
		{"one", false, [][]string{{"n1", "n2", "n4", "n5"}, {"n3"}}},
		{"leader", false, [][]string{{"n1", "n2", "n4", "n5"}, {"n3"}}},
		{"halves", false, [][]string{{"n1", "n3"}, {"n2", "n4", "n5"}}},
		{"majority", false, [][]string{{"n1", "n3"}, {"n2", "n4", "n5"}}},
		{"one-way", false, [][]string{{"n1", "n2", "n4", "n5"}, {"n3"}}},
		{"one-way", true, [][]string{{"n1", "n2", "n4", "n5"}, {"n3"}}},
		{"bridge", false, nil},
		{"ring", false, nil},
	} {
		drop, _, _ := grudge(c.shape, five, c.flip)
		if got := apart(five, drop); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.shape, got, c.want)
		}
	}
	if got := apart([]string{"n1"}, map[cluster.Link]bool{}); got != nil {
		t.Errorf("a single node has the sides %v", got)
	}
}

func TestAPartitionRecordsItsSides(t *testing.T) {
	b, r := newBench("n1", "n2", "n3"), recorder(t)
	n := New(Config{Cluster: b, Recorder: r, Steps: []Step{step(planned("partition", "one"), planned("kill", "one"))}})
	n.Run(t.Context())
	spans := r.Snapshot().FaultSpans()
	if got := spans[0].Fault.Sides; !reflect.DeepEqual(got, [][]string{{"n1", "n3"}, {"n2"}}) {
		t.Errorf("a partition has the sides %v", got)
	}
	if got := spans[1].Fault.Sides; got != nil {
		t.Errorf("a kill has the sides %v", got)
	}
}
