package rabbitmq

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Target  = Target{}
	_ cluster.Claimer = Target{}
	_ workloads.Queue = (*client)(nil)
)

// containers is the layout of a network where names are addresses.
type containers []string

func (c containers) Names() []string                { return c }
func (c containers) Listen(_, port string) string   { return "0.0.0.0:" + numbers[port] }
func (c containers) Dial(_, to, port string) string { return to + ":" + numbers[port] }
func (c containers) Data(string) string             { return "/data" }

var numbers = map[string]string{"client": "5672", "peer": "25672"}

func TestNodesFormACluster(t *testing.T) {
	cfg := cluster.Config{Settings: map[string]string{"partition-handling": "autoheal"}}
	nodes, err := New().Nodes(cfg, containers{"n1", "n2", "n3"})
	if err != nil || len(nodes) != 3 {
		t.Fatal(nodes, err)
	}
	for _, want := range []string{"RABBITMQ_NODENAME=rabbit@n2", "FOLDER=/data"} {
		if !slices.Contains(nodes[1].Env, want) {
			t.Errorf("no %s in %q", want, nodes[1].Env)
		}
	}
	all := strings.Join(nodes[1].Env, "\n")
	for _, want := range []string{
		"listeners.tcp.default = 5672", "cluster_partition_handling = autoheal", "load_definitions = /data/definitions.json",
		"cluster_formation.classic_config.nodes.1 = rabbit@n1", "cluster_formation.classic_config.nodes.3 = rabbit@n3",
	} {
		if !strings.Contains(all, want+"\n") {
			t.Errorf("no line %q in\n%s", want, all)
		}
	}
}

func TestOnlyMirroredQueuesHaveAPolicy(t *testing.T) {
	for kind, want := range map[string]int{"quorum": 0, "classic": 0, "mirrored": 1} {
		var all struct {
			Users, Policies []struct{ Name string }
		}
		text := definitions(cluster.Config{Settings: map[string]string{"queue-type": kind}})
		if err := json.Unmarshal([]byte(text), &all); err != nil || len(all.Users) != 1 || len(all.Policies) != want {
			t.Errorf("%s: %s, %v", kind, text, err)
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
