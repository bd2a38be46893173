package postgres

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

// named is a node that has a name and nothing else, and group a cluster of such.
type named struct {
	cluster.Node
	name string
}

func (n named) Name() string { return n.name }

type group struct {
	cluster.Cluster
	names []string
}

func (c group) Nodes() (all []cluster.Node) {
	for _, name := range c.names {
		all = append(all, named{name: name})
	}
	return all
}

// A standby is fed while it still has to replay what it was sent, and reads of it would
// miss what was acknowledged before the cluster was ready.
func TestAStandbyHasToHaveReplayedWhatThePrimaryHad(t *testing.T) {
	c := group{names: []string{"n1", "n2", "n3"}}
	for position, want := range map[int64]string{699: "n3 is a standby and 1 bytes behind", 700: "", 701: ""} {
		states := []state{{}, {standby: true, position: 700}, {standby: true, position: position}}
		err := replayed(c, states, 700)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("at %d: %v", position, err)
		}
	}
}

func TestThereIsOnePrimaryThatFeedsAllOthers(t *testing.T) {
	c := group{names: []string{"n1", "n2"}}
	fed, primary := state{standby: true, receives: true}, state{streams: 1}
	for want, states := range map[string][]state{
		"":                      {fed, primary},
		"receives nothing":      {{standby: true}, primary},
		"are both primaries":    {primary, primary},
		"feeds 0 standbys of 1": {{}, fed},
		"no node is a primary":  {fed, fed},
	} {
		found, err := onlyPrimary(c, states)
		if want == "" && (err != nil || found.Name() != "n2") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, %v", want, found, err)
		}
	}
}
