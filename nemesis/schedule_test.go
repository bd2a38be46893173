package nemesis

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

func TestParseReadsWhatStringWrites(t *testing.T) {
	for _, text := range []string{"none", "partition", "kill,pause", "partition:leader+ring,kill:all", "corrupt:one"} {
		spec, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if spec.String() != text {
			t.Errorf("%q came back as %q", text, spec)
		}
	}
}

func TestParseSaysWhatCouldStandThere(t *testing.T) {
	for text, want := range map[string]string{
		"partion":          "choose from partition, kill, pause, process, ",
		"partition:leadr":  "choose from one, halves, majority, ring, bridge, one-way, leader",
		"kill,kill":        "stands twice",
		"partition,,pause": "no such nemesis",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestTheSameSeedGivesTheSameSchedule(t *testing.T) {
	spec, _ := Parse("partition,kill,pause,corrupt")
	nodes := []string{"n1", "n2", "n3", "n4", "n5"}
	timing := Timing{Duration: 10 * time.Minute, Hold: 3 * time.Second, Quiet: 2 * time.Second}
	a, b := spec.Plan(7, nodes, timing), spec.Plan(7, nodes, timing)
	if !reflect.DeepEqual(a, b) {
		t.Fatal("two schedules of seed 7 differ")
	}
	if reflect.DeepEqual(a, spec.Plan(8, nodes, timing)) {
		t.Fatal("seeds 7 and 8 have the same schedule")
	}
	everyShapeComesUp(t, spec, a)
}

func everyShapeComesUp(t *testing.T, spec Spec, steps []Step) {
	t.Helper()
	met := map[string]bool{}
	for _, s := range steps {
		if len(s.Faults) == 2 && clash(s.Faults[0].Family, s.Faults[1].Family) {
			t.Errorf("%s and %s at once", s.Faults[0].Family, s.Faults[1].Family)
		}
		for _, f := range s.Faults {
			met[f.Family+":"+f.Shape] = true
		}
	}
	for _, f := range spec.Families {
		for _, shape := range f.Shapes {
			if !met[f.Name+":"+shape] {
				t.Errorf("%s:%s never came up in %d steps", f.Name, shape, len(steps))
			}
		}
	}
}

func TestStepsFillTheDuration(t *testing.T) {
	spec, _ := Parse("partition:leader")
	timing := Timing{Duration: time.Minute, Hold: 600 * time.Millisecond, Quiet: 400 * time.Millisecond}
	steps := spec.Plan(1, []string{"n1", "n2", "n3"}, timing)
	var total time.Duration
	for _, s := range steps {
		if s.Hold < timing.Hold/2 || s.Hold > timing.Hold*3/2 || s.Quiet < timing.Quiet/2 || s.Quiet > timing.Quiet*3/2 {
			t.Errorf("a step holds for %s after %s", s.Hold, s.Quiet)
		}
		total += s.Hold + s.Quiet
	}
	if total < timing.Duration {
		t.Errorf("%d steps end after %s", len(steps), total)
	}
}

// reachable counts, for every node, the nodes from which it hears, itself
// included.
func reachable(order []string, drop map[cluster.Link]bool) map[string]int {
	hears := map[string]int{}
	for _, to := range order {
		for _, from := range order {
			if !drop[cluster.Link{From: from, To: to}] {
				hears[to]++
			}
		}
	}
	return hears
}

func TestPartitionShapes(t *testing.T) {
	three, four, five := []string{"a", "b", "c"}, []string{"a", "b", "c", "d"}, []string{"a", "b", "c", "d", "e"}
	seven := []string{"a", "b", "c", "d", "e", "f", "g"}
	for _, c := range []struct {
		shape string
		order []string
		hears []int
	}{
		{"one", three, []int{1, 2, 2}},
		{"leader", five, []int{1, 4, 4, 4, 4}},
		{"halves", five, []int{2, 2, 3, 3, 3}},
		{"halves", four, []int{2, 2, 2, 2}},
		{"majority", five, []int{2, 2, 3, 3, 3}},
		{"majority", four, []int{1, 3, 3, 3}},
		{"bridge", five, []int{3, 3, 5, 3, 3}},
		{"bridge", three, []int{2, 3, 2}},
		{"ring", three, []int{2, 3, 2}},
		{"ring", five, []int{3, 3, 3, 3, 3}},
		{"ring", seven, []int{5, 5, 5, 5, 5, 5, 5}},
		{"one-way", three, []int{1, 3, 3}},
		{"one", []string{"a"}, []int{1}},
	} {
		drop, struck, detail := grudge(c.shape, c.order, false)
		if detail == "" {
			t.Errorf("%s of %v has no description", c.shape, c.order)
		}
		for _, n := range struck {
			if !slices.Contains(c.order, n) {
				t.Errorf("%s struck %q", c.shape, n)
			}
		}
		hears := reachable(c.order, drop)
		for i, n := range c.order {
			if hears[n] != c.hears[i] {
				t.Errorf("%s of %v: %s hears %d nodes, want %d", c.shape, c.order, n, hears[n], c.hears[i])
			}
		}
	}
}

func TestEveryNodeOfARingSeesAMajority(t *testing.T) {
	for n := 3; n <= 11; n++ {
		order := strings.Split("abcdefghijk"[:n], "")
		drop, _, _ := grudge("ring", order, false)
		for node, hears := range reachable(order, drop) {
			if hears < n/2+1 {
				t.Errorf("ring of %d: %s hears only %d", n, node, hears)
			}
		}
		if len(drop) == 0 {
			t.Errorf("ring of %d cuts nothing", n)
		}
	}
}

func TestPlaces(t *testing.T) {
	five := []string{"e", "a", "c", "b", "d"}
	for shape, want := range map[string]string{"one": "e", "minority": "a e", "majority": "a c e", "all": "a b c d e", "leader": "e"} {
		if got := strings.Join(place(shape, five), " "); got != want {
			t.Errorf("%s: %s, want %s", shape, got, want)
		}
	}
}

func TestTheLeaderComesFirst(t *testing.T) {
	order, detail := leaderFirst([]string{"a", "b", "c"}, []string{"c"})
	if strings.Join(order, "") != "cab" || detail != "leader c" {
		t.Errorf("%v, %q", order, detail)
	}
	if order, detail = leaderFirst([]string{"a", "b"}, nil); order[0] != "a" || detail != "no leader known" {
		t.Errorf("%v, %q", order, detail)
	}
}
