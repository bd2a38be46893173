package consul

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/consul/api"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Target     = Target{}
	_ cluster.Leaders    = Target{}
	_ cluster.Claimer    = Target{}
	_ workloads.Register = (*client)(nil)
	_ workloads.Set      = (*client)(nil)
	_ workloads.Lock     = (*client)(nil)
)

// containers is the layout of a network where names are addresses.
type containers []string

func (c containers) Names() []string             { return c }
func (c containers) Listen(_, _ string) string   { return "0.0.0.0:8500" }
func (c containers) Dial(_, to, _ string) string { return to + ":8500" }
func (c containers) Data(string) string          { return "/data" }

func TestNodesFormACluster(t *testing.T) {
	nodes, err := New().Nodes(cluster.Config{}, containers{"n1", "n2", "n3"})
	if err != nil || len(nodes) != 3 {
		t.Fatal(nodes, err)
	}
	for _, want := range []string{"-node=n2", "-bootstrap-expect=3", "-data-dir=/data", "-retry-join=n1", "-retry-join=n3"} {
		if !slices.Contains(nodes[1].Args, want) {
			t.Errorf("no %s in %s", want, strings.Join(nodes[1].Args, " "))
		}
	}
}

func TestClaimsNameSettingsThatExist(t *testing.T) {
	for _, claim := range New().Claims() {
		for key, value := range claim.Settings {
			i := slices.IndexFunc(New().Settings(), func(s cluster.Setting) bool { return s.Key == key })
			if i < 0 || !slices.ContainsFunc(New().Settings()[i].Choices, func(c cluster.Choice) bool { return c.Value == value }) {
				t.Errorf("%s: no setting %s=%s", claim.Workload, key, value)
			}
		}
	}
}

func TestOutcomes(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for _, c := range []struct {
		err      error
		noEffect bool
	}{
		{refused, true},
		{api.StatusError{Code: 500, Body: "No cluster leader"}, true},
		{api.StatusError{Code: 500, Body: "No cluster leader\n"}, true},
		{api.StatusError{Code: 500, Body: "leadership lost while committing log"}, false},
		{api.StatusError{Code: 500, Body: "rpc error making call: EOF"}, false},
		{api.StatusError{Code: 500, Body: "rpc error making call: No cluster leader, it seems"}, false},
		{api.StatusError{Code: 500, Body: "node is not the leader"}, false},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, false},
		{context.DeadlineExceeded, false},
	} {
		if got := workloads.IsNoEffect(outcome(c.err)); got != c.noEffect {
			t.Errorf("%v: no effect is %v", c.err, got)
		}
	}
	if outcome(nil) != nil {
		t.Error("no error is no error")
	}
}
