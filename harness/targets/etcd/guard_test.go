package etcd

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/conform"
	"github.com/assaykit/assay/harness/targets/internal/real"
)

func TestTheGuardIsANumberOfKeys(t *testing.T) {
	for _, wrong := range []string{"-1", "20001", "many", ""} {
		_, err := New().Nodes(cluster.Config{Settings: map[string]string{guarded: wrong}}, containers{"n1"})
		if err == nil || !strings.Contains(err.Error(), "guard="+wrong) {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
}

// More keys than one request makes, so that the last request is a short one.
func TestGuardedWritesOfRealMembers(t *testing.T) {
	config := cluster.Config{Settings: map[string]string{guarded: "250"}}
	c := real.Up(t, New(), config)
	remote, err := New().Dial(t.Context(), c.Nodes()[1], config)
	if err != nil {
		t.Fatal(err)
	}
	defer remote.Close()
	keys, err := remote.(*client).Elements(t.Context(), "s")
	real.Expect(t, "elements of nothing", err, len(keys), 0)
	conform.Register(t, "k", remote.(*client))
	there, err := remote.(*client).remote.Get(t.Context(), guards+"00249")
	real.Expect(t, "the last key", err, there.Count, 1)
	if _, err := remote.(*client).remote.Delete(t.Context(), guards+"00007"); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, config)
	there, err = remote.(*client).remote.Get(t.Context(), guards+"00007")
	real.Expect(t, "a key that stood in for another", err, there.Count, 1)
}
