package doctor_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"testing"
	"time"

	"github.com/assaykit/assay/cmd/assay/internal/doctor"
	"github.com/assaykit/assay/harness/cluster"
)

// machine is a cluster on which some things only seem to work.
type machine struct {
	claimed cluster.Capabilities
	broken  map[cluster.Capability]bool
	state   cluster.State
	rules   cluster.Rules
}

func (m *machine) Runtime() string                    { return "fake" }
func (m *machine) Nodes() []cluster.Node              { return []cluster.Node{member{m, "n1"}, member{m, "n2"}} }
func (m *machine) Capabilities() cluster.Capabilities { return m.claimed }
func (m *machine) Close(context.Context) error        { return nil }

func (m *machine) SetRules(_ context.Context, r cluster.Rules) error {
	if m.broken[cluster.CanCorrupt] && r.Corrupt != nil {
		return errors.New("no such packets")
	}
	m.rules = r
	return nil
}

func (m *machine) Reach(context.Context) (map[cluster.Link]bool, error) {
	link := cluster.Link{From: "n1", To: "n2"}
	return map[cluster.Link]bool{link: !m.rules.Drop[link] || m.broken[cluster.CanPartition]}, nil
}

type member struct {
	*machine
	name string
}

func (n member) Name() string                                 { return n.name }
func (n member) Addr(string) string                           { return "" }
func (n member) Start(context.Context) error                  { n.state = cluster.Running; return nil }
func (n member) Resume(context.Context) error                 { n.state = cluster.Running; return nil }
func (n member) State(context.Context) (cluster.State, error) { return n.state, nil }
func (n member) Logs(context.Context, io.Writer) error        { return nil }

func (n member) Kill(context.Context) error {
	if !n.broken[cluster.CanKill] {
		n.state = cluster.Stopped
	}
	return nil
}

func (n member) Stop(context.Context, time.Duration) (bool, error) {
	if !n.broken[cluster.CanStop] {
		n.state = cluster.Stopped
	}
	return true, nil
}

func (n member) Pause(context.Context) error {
	if !n.broken[cluster.CanPause] {
		n.state = cluster.Paused
	}
	return nil
}

func TestTryBelievesOnlyWhatItSees(t *testing.T) {
	every := []cluster.Capability{cluster.CanKill, cluster.CanPause, cluster.CanStop, cluster.CanPartition, cluster.CanCorrupt}
	all := cluster.Capabilities{}
	for _, what := range every {
		all[what] = nil
	}
	for _, broken := range append(every, "nothing") {
		t.Run(string(broken), func(t *testing.T) {
			m := &machine{claimed: all, broken: map[cluster.Capability]bool{broken: true}, state: cluster.Running}
			found := doctor.Try(t.Context(), m)
			for _, what := range every {
				if (found.Supports(what) != nil) != (what == broken) {
					t.Errorf("%s: %v", what, found.Supports(what))
				}
			}
			if m.state != cluster.Running || m.rules.Drop != nil {
				t.Error("the cluster was not left as it was")
			}
		})
	}
}

func TestTryLeavesAloneWhatIsNotClaimed(t *testing.T) {
	m := &machine{claimed: cluster.Capabilities{cluster.CanKill: errors.New("not here"), cluster.CanClock: errors.New("nor this")}}
	found := doctor.Try(t.Context(), m)
	if found.Supports(cluster.CanKill).Error() != "not here" {
		t.Errorf("kill: %v", found.Supports(cluster.CanKill))
	}
	if found.Supports(cluster.CanClock).Error() != "nor this" {
		t.Errorf("clock: %v", found.Supports(cluster.CanClock))
	}
	for what := range maps.Keys(found) {
		if found.Supports(what) == nil {
			t.Errorf("%s was not claimed", what)
		}
	}
}
