package etcd

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/real"
)

func TestAJoiningServerIsToldWhoTheMembersAre(t *testing.T) {
	first := []string{"--name=n2", "--initial-cluster=n1=http://n1:2380,n2=http://n2:2380,n3=http://n3:2380", "--initial-cluster-state=new", "--initial-cluster-token=assay"}
	want := []string{"--name=n2", "--initial-cluster=n1=http://n1:2380,n2=http://n2:2380", "--initial-cluster-state=existing", "--initial-cluster-token=assay"}
	if got := New().Joining(first, []string{"n1", "n2"}); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestMembersAreNamedByTheirAddresses(t *testing.T) {
	for url, want := range map[string]string{"http://n1:2380": "n1", "http://n12:1": "n12"} {
		if got := nameOf([]string{url}); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
	if nameOf(nil) != "" {
		t.Error("somebody without an address has a name")
	}
}

// A server leaves, a new one takes its place, and what was written before is there.
func TestServersLeaveAndJoin(t *testing.T) {
	c := real.Up(t, New(), cluster.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	target, config := New(), cluster.Config{}
	node := real.Leader(t, New(), c, nil)
	keeper := c.Nodes()[0]
	if keeper == node {
		keeper = c.Nodes()[1]
	}
	if err := at(t, keeper, "linearizable").Write(ctx, "kept", 7); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing
		if err := target.Remove(ctx, c, config, node.Name()); err != nil {
			t.Fatal(err)
		}
	}
	requireMembers(ctx, t, c, 2, node.Name())
	for range 2 {
		if err := target.Admit(ctx, c, config, node.Name()); err != nil {
			t.Fatal(err)
		}
	}
	members := requireMembers(ctx, t, c, 3, "")
	address := node.Addr(clientPort)
	joining := func(first []string) []string { return target.Joining(first, members) }
	if err := c.(cluster.Replacer).Replace(ctx, node.Name(), joining); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
	if node.Addr(clientPort) != address {
		t.Errorf("the address changed from %s to %s", address, node.Addr(clientPort))
	}
	v, _, err := at(t, node, "linearizable").Read(ctx, "kept")
	real.Expect(t, "read at the new server", err, v, 7)

	// It is a member like any other when it starts again.
	if err := node.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if err := node.Start(ctx); err != nil {
		t.Fatal(err)
	}
	real.Ready(t, New(), c, cluster.Config{})
}

// requireMembers expects so many members, and one not to be among them.
func requireMembers(ctx context.Context, t *testing.T, c cluster.Cluster, count int, not string) []string {
	t.Helper()
	members, err := New().Members(ctx, c, cluster.Config{})
	if err != nil || len(members) != count || slices.Contains(members, not) {
		t.Fatalf("members %q, %v: want %d without %q", members, err, count, not)
	}
	return members
}
