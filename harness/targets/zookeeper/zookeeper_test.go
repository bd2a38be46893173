package zookeeper

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Target        = Target{}
	_ cluster.Leaders       = Target{}
	_ cluster.Claimer       = Target{}
	_ workloads.Register    = (*client)(nil)
	_ workloads.Set         = (*client)(nil)
	_ workloads.Lock        = (*client)(nil)
	_ workloads.Identifiers = (*client)(nil)
	_ workloads.Leadership  = (*client)(nil)
)

// containers is the layout of a network where names are addresses.
type containers []string

func (c containers) Names() []string                { return c }
func (c containers) Listen(_, port string) string   { return "0.0.0.0:" + numbers[port] }
func (c containers) Dial(_, to, port string) string { return to + ":" + numbers[port] }
func (c containers) Data(string) string             { return "/data" }

var numbers = map[string]string{"client": "2181", "peer": "2888", "election": "3888"}

func TestNodesFormAnEnsemble(t *testing.T) {
	nodes, err := New().Nodes(cluster.Config{Settings: map[string]string{"force-sync": "no"}}, containers{"n1", "n2", "n3"})
	if err != nil || len(nodes) != 3 {
		t.Fatal(nodes, err)
	}
	want := []string{"MYID=2", "FOLDER=/data", `CONFIGURATION=tickTime=1000
initLimit=10
syncLimit=3
dataDir=/data/zookeeper
clientPort=2181
forceSync=no
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=srvr
server.1=n1:2888:3888
server.2=n2:2888:3888
server.3=n3:2888:3888`}
	if !slices.Equal(nodes[1].Env, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(nodes[1].Env, "\n"), strings.Join(want, "\n"))
	}
}

// With a list of servers, be it of one, a server looks for an ensemble.
func TestASingleNodeHasNoEnsemble(t *testing.T) {
	nodes, err := New().Nodes(cluster.Config{}, containers{"n1"})
	if err != nil || strings.Contains(strings.Join(nodes[0].Env, "\n"), "server.") {
		t.Error(nodes, err)
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

// A request that waited for a connection in vain was never sent. All other errors of
// the library come after the request may have left, or from a server.
func TestOutcomes(t *testing.T) {
	for _, err := range []error{
		zk.ErrConnectionClosed, zk.ErrClosing, zk.ErrSessionExpired, zk.ErrSessionMoved, zk.ErrAPIError, zk.ErrUnknown,
		zk.ErrNoNode, zk.ErrBadVersion, zk.ErrNodeExists, zk.ErrAuthFailed, errors.New("write: broken pipe"),
	} {
		if workloads.IsNoEffect(outcome(err)) {
			t.Errorf("%v proves nothing", err)
		}
	}
	if !workloads.IsNoEffect(outcome(fmt.Errorf("set: %w", zk.ErrNoServer))) {
		t.Error("what was never sent had no effect")
	}
	if outcome(nil) != nil {
		t.Error("no error is no error")
	}
}

func TestWhatAServerTellsOfItself(t *testing.T) {
	const told = "Zookeeper version: 3.8.0\nLatency min/avg/max: 0/1.5/12\nZxid: 0x300000017\nMode: %s\nNode count: 5\n"
	for mode, leads := range map[string]bool{"leader": true, "standalone": true, "follower": false, "observer": false} {
		got, err := parseStatus(fmt.Sprintf(told, mode))
		if err != nil || got != (status{leads, 3}) {
			t.Errorf("%s: %+v, %v", mode, got, err)
		}
	}
	for _, text := range []string{"", "This ZooKeeper instance is not currently serving requests\n", "Mode: leader\nZxid: what\n", "Mode: king\nZxid: 0x1\n"} {
		if got, err := parseStatus(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
