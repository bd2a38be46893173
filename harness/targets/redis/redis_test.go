package redis

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Target                 = Target{}
	_ cluster.Leaders                = Target{}
	_ cluster.Claimer                = Target{}
	_ workloads.Register             = (*client)(nil)
	_ workloads.Set                  = (*client)(nil)
	_ workloads.Queue                = (*client)(nil)
	_ workloads.Messages             = (*client)(nil)
	_ workloads.Log                  = (*client)(nil)
	_ workloads.Counter              = (*client)(nil)
	_ workloads.Identifiers          = (*client)(nil)
	_ workloads.Lock                 = (*client)(nil)
	_ workloads.Lease                = (*client)(nil)
	_ workloads.ListTransactions     = (*client)(nil)
	_ workloads.RegisterTransactions = (*client)(nil)
)

// containers is the layout of a network where names are addresses.
type containers []string

func (c containers) Names() []string                { return c }
func (c containers) Listen(_, port string) string   { return "0.0.0.0:" + numbers[port] }
func (c containers) Dial(_, to, port string) string { return to + ":" + numbers[port] }
func (c containers) Data(string) string             { return "/data" }

var numbers = map[string]string{"client": "6379", "sentinel": "26379"}

func with(settings ...string) cluster.Config {
	cfg := cluster.Config{Settings: map[string]string{}}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		cfg.Settings[key] = value
	}
	return cfg
}

func environment(t *testing.T, cfg cluster.Config, node int, names ...string) map[string]string {
	t.Helper()
	nodes, err := New().Nodes(cfg, containers(names))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, entry := range nodes[node].Env {
		key, value, _ := strings.Cut(entry, "=")
		found[key] = value
	}
	return found
}

func TestReplicasFollowTheFirstNode(t *testing.T) {
	first := environment(t, with("min-replicas=1", "appendfsync=always"), 0, "n1", "n2", "n3")
	second := environment(t, cluster.Config{}, 1, "n1", "n2", "n3")
	for _, want := range []string{"port 6379", "dir /data", "appendonly yes", "appendfsync always", "min-replicas-to-write 1", "replica-announce-ip n1"} {
		if !hasLine(first["CONFIG"], want) {
			t.Errorf("the first node's configuration has no line %q:\n%s", want, first["CONFIG"])
		}
	}
	if strings.Contains(first["CONFIG"], "replicaof") {
		t.Error("the first node follows somebody")
	}
	for _, want := range []string{"replicaof n1 6379", "appendfsync everysec", "min-replicas-to-write 0", "replica-announce-ip n2"} {
		if !hasLine(second["CONFIG"], want) {
			t.Errorf("the second node's configuration has no line %q:\n%s", want, second["CONFIG"])
		}
	}
}

func TestAMajorityOfSentinelsDecides(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"n1", "n2", "n3"}, "sentinel monitor assay n1 6379 2"},
		{[]string{"n1", "n2", "n3", "n4"}, "sentinel monitor assay n1 6379 3"},
		{[]string{"n1", "n2", "n3", "n4", "n5"}, "sentinel monitor assay n1 6379 3"},
	} {
		got := environment(t, cluster.Config{}, 1, c.names...)["SENTINEL"]
		for _, want := range []string{c.want, "port 26379", "sentinel announce-ip n2"} {
			if !hasLine(got, want) {
				t.Errorf("%v: no line %q:\n%s", c.names, want, got)
			}
		}
	}
}

func hasLine(text, line string) bool { return strings.Contains("\n"+text+"\n", "\n"+line+"\n") }

func TestASingleServerKnowsNobody(t *testing.T) {
	got := environment(t, with("mode=single"), 0, "n1")
	if got["SENTINEL"] != "" || strings.Contains(got["CONFIG"], "repl") {
		t.Errorf("got %v", got)
	}
}

func TestTheLastNodeMakesTheCluster(t *testing.T) {
	three := []string{"n1", "n2", "n3"}
	for _, c := range []struct {
		names []string
		node  int
		want  string
	}{
		{three, 0, ""},
		{three, 2, "0 n1:6379 n2:6379 n3:6379"},
		{append(three, "n4", "n5", "n6"), 5, "1 n1:6379 n2:6379 n3:6379 n4:6379 n5:6379 n6:6379"},
	} {
		got := environment(t, with("mode=cluster"), c.node, c.names...)
		if got["CREATE"] != c.want || got["SENTINEL"] != "" {
			t.Errorf("node %d of %v: %q, sentinel %q", c.node+1, c.names, got["CREATE"], got["SENTINEL"])
		}
		name := c.names[c.node]
		for _, want := range []string{"cluster-enabled yes", "cluster-announce-hostname " + name} {
			if !hasLine(got["CONFIG"], want) || strings.Contains(got["CONFIG"], "replicaof") {
				t.Errorf("the configuration of %s has no line %q, or a master:\n%s", name, want, got["CONFIG"])
			}
		}
	}
	if got := environment(t, with("mode=single"), 0, "n1")["CREATE"]; got != "" {
		t.Errorf("a single server makes a cluster: %q", got)
	}
}

func TestSettingsFitTheNodes(t *testing.T) {
	six := containers{"n1", "n2", "n3", "n4", "n5", "n6"}
	for _, c := range []struct {
		cfg   cluster.Config
		names containers
		want  bool
	}{
		{cluster.Config{}, containers{"n1", "n2", "n3"}, true},
		{cluster.Config{}, containers{"n1", "n2"}, false},
		{cluster.Config{}, containers{"n1"}, false},
		{with("mode=single"), containers{"n1"}, true},
		{with("mode=single"), containers{"n1", "n2", "n3"}, false},
		{with("mode=single", "wait=1"), containers{"n1"}, false},
		{with("mode=single", "min-replicas=1"), containers{"n1"}, false},
		{with("mode=cluster"), containers{"n1", "n2"}, false},
		{with("mode=cluster"), containers{"n1", "n2", "n3"}, true},
		{with("mode=cluster", "wait=1"), containers{"n1", "n2", "n3"}, false},
		{with("mode=cluster", "min-replicas=1"), containers{"n1", "n2", "n3"}, false},
		{with("mode=cluster", "wait=1", "min-replicas=1"), six, true},
		{with("mode=cluster", "wait=2"), six, false},
		{with("mode=cluster", "min-replicas=2"), six, false},
		{with("mode=cluster", "reads=replica"), six, false},
	} {
		if _, err := New().Nodes(c.cfg, c.names); (err == nil) != c.want {
			t.Errorf("%v on %d nodes: %v", c.cfg.Settings, len(c.names), err)
		}
	}
}

func TestImages(t *testing.T) {
	if got := image(cluster.Config{}); got.Reference != "docker.io/library/redis:7.0" || got.Preferred[0] != "assay/redis:7.0" {
		t.Errorf("got %+v", got)
	}
	if got := image(cluster.Config{Image: "mine:1"}); got.Reference != "mine:1" || got.Preferred != nil {
		t.Errorf("got %+v", got)
	}
}

// What the node's script writes at its first start it leaves alone at the next: the
// servers have changed it meanwhile.
func TestConfigurationsAreWrittenOnce(t *testing.T) {
	data, bin := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "redis-server"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	start := func(config string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DATA="+data, "CONFIG="+config, "SENTINEL=", "CREATE=")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
	}
	start("port 1\n# first")
	if _, err := os.Stat(filepath.Join(data, "sentinel.conf")); err == nil {
		t.Error("there is a sentinel that nobody asked for")
	}
	start("port 2")
	got, err := os.ReadFile(filepath.Join(data, "redis.conf"))
	if want := "port 1\n# first\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
