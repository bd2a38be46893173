package docker

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

// The engine adds a container's host name to its hosts file, and what comes before the
// first dot of it (updateHostsFile of moby's sandbox_dns_unix.go).
func TestANodesOwnNamesStandInItsHostsFileOnce(t *testing.T) {
	address := netip.MustParseAddr("10.0.0.2")
	for _, c := range []struct {
		host string
		want []string
	}{
		{"", []string{"alias:10.0.0.2", "e:10.0.0.3"}},
		{"depot", []string{"alias:10.0.0.2", "db:10.0.0.2", "e:10.0.0.3"}},
		{"db.example.com", []string{"alias:10.0.0.2", "e:10.0.0.3"}},
		{"e.example.com", []string{"alias:10.0.0.2", "db:10.0.0.2", "e:10.0.0.3"}}, // e is another node
	} {
		n := &Node{address: address, spec: cluster.NodeSpec{Name: "db", Container: cluster.Container{Host: c.host, Names: []string{"alias"}}}}
		n.cluster = &Cluster{labels: map[string]string{}, nodes: []*Node{n, {address: address.Next(), spec: cluster.NodeSpec{Name: "e"}}}}
		_, host, _ := n.config(n.cluster.hosts())
		if got := slices.Sorted(slices.Values(host.ExtraHosts)); !slices.Equal(got, c.want) {
			t.Errorf("as %q: beside what the engine adds %v, want %v", c.host, got, c.want)
		}
	}
}
