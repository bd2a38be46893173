package nats

import (
	"reflect"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Target     = Target{}
	_ cluster.Leaders    = Target{}
	_ cluster.Versioned  = Target{}
	_ cluster.Claimer    = Target{}
	_ workloads.Register = (*client)(nil)
	_ workloads.Versions = (*client)(nil)
	_ workloads.Set      = (*client)(nil)
	_ workloads.Log      = (*client)(nil)
	_ workloads.Messages = (*client)(nil)
)

// containers is the layout of a network where names are addresses.
type containers []string

func (c containers) Names() []string                { return c }
func (c containers) Listen(_, port string) string   { return "0.0.0.0:" + numbers[port] }
func (c containers) Dial(_, to, port string) string { return to + ":" + numbers[port] }
func (c containers) Data(string) string             { return "/data" }

var numbers = map[string]string{"client": "4222", "peer": "6222", "monitor": "8222"}

func with(settings ...string) cluster.Config {
	cfg := cluster.Config{Settings: map[string]string{}}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		cfg.Settings[key] = value
	}
	return cfg
}

func describeNodes(t *testing.T, cfg cluster.Config, names ...string) []cluster.NodeSpec {
	t.Helper()
	nodes, err := New().Nodes(cfg, containers(names))
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func TestNodesFormACluster(t *testing.T) {
	nodes := describeNodes(t, cluster.Config{}, "n1", "n2", "n3")
	if len(nodes) != 3 || nodes[1].Name != "n2" || nodes[1].Env != nil {
		t.Fatalf("got %v", nodes)
	}
	want := []string{
		"--name=n2", "--addr=0.0.0.0", "--port=4222", "--http_port=8222",
		"--jetstream", "--store_dir=/data",
		"--cluster_name=assay",
		"--cluster=nats://0.0.0.0:6222",
		"--routes=nats://n1:6222,nats://n2:6222,nats://n2:6222",
		"--no_advertise=true",
	}
	if !reflect.DeepEqual(nodes[1].Args, want) {
		t.Errorf("arguments\n%s\nwant\n%s", strings.Join(nodes[1].Args, "\n"), strings.Join(want, "\n"))
	}
}

// Two nodes are connected by one of them, and every node has as many routes as there
// are nodes.
func TestRoutesLeadOneWay(t *testing.T) {
	names := containers{"n1", "n2", "n3", "n4", "n5"}
	ways := map[[2]string]bool{}
	for _, self := range names {
		list := strings.Split(routes(self, names), ",")
		if len(list) != len(names) {
			t.Errorf("%s: %d routes", self, len(list))
		}
		for _, route := range list {
			to := strings.TrimSuffix(strings.TrimPrefix(route, "nats://"), ":6222")
			ways[[2]string{self, to}] = true
		}
	}
	for i, a := range names {
		for _, b := range names[:i] {
			if !ways[[2]string{a, b}] || ways[[2]string{b, a}] {
				t.Errorf("%s to %s: %t, back: %t", a, b, ways[[2]string{a, b}], ways[[2]string{b, a}])
			}
		}
	}
}

func TestASingleNodeIsNoCluster(t *testing.T) {
	args := describeNodes(t, cluster.Config{}, "n1")[0].Args
	for _, arg := range args {
		if strings.HasPrefix(arg, "--cluster") || strings.HasPrefix(arg, "--routes") {
			t.Errorf("argument %s", arg)
		}
	}
}

func TestSyncIsConfiguredInImagesThatWereBuilt(t *testing.T) {
	node := describeNodes(t, with("sync=always", "version=2.12.1"), "n1", "n2", "n3")[0]
	if want := []string{`NATS_CONFIG=jetstream { store_dir: "/data", sync_interval: always }`}; !reflect.DeepEqual(node.Env, want) {
		t.Errorf("environment %q", node.Env)
	}
	if args := strings.Join(node.Args, " "); !strings.Contains(args, "--config=/nats.conf") || strings.Contains(args, "--jetstream") {
		t.Errorf("arguments %s", args)
	}
	if node.Image.Reference != "assay/nats:2.12.1" || !strings.Contains(node.Image.Advice, "assay image build nats --version 2.12.1") {
		t.Errorf("image %+v", node.Image)
	}
}

func TestCompressionIsConfiguredInImagesThatWereBuilt(t *testing.T) {
	node := describeNodes(t, with("compression=s2_fast", "version=2.12.1"), "n1", "n2", "n3")[0]
	if want := []string{"NATS_CONFIG=cluster { compression: s2_fast }"}; !reflect.DeepEqual(node.Env, want) {
		t.Errorf("environment %q", node.Env)
	}
	args := strings.Join(node.Args, " ")
	for _, want := range []string{"--config=/nats.conf", "--jetstream", "--store_dir=/data", "--cluster=nats://0.0.0.0:6222"} {
		if !strings.Contains(args, want) {
			t.Errorf("no %s in %s", want, args)
		}
	}
	if node.Image.Reference != "assay/nats:2.12.1" || node.Image.Recipe == nil {
		t.Errorf("image %+v", node.Image)
	}
	both := describeNodes(t, with("compression=s2_fast", "sync=always"), "n1", "n2", "n3")[0]
	if got := strings.Join(both.Env, ""); !strings.Contains(got, "sync_interval: always") || !strings.Contains(got, "compression: s2_fast") {
		t.Errorf("environment %q", both.Env)
	}
	// A single server has nobody to send to, and off is what servers do anyway.
	for _, alone := range []cluster.NodeSpec{describeNodes(t, with("compression=s2_fast"), "n1")[0], describeNodes(t, with("compression=off"), "n1", "n2")[0]} {
		if args := strings.Join(alone.Args, " "); alone.Env != nil || strings.Contains(args, "--config") {
			t.Errorf("environment %q, arguments %s", alone.Env, args)
		}
	}
	if _, err := New().Nodes(with("compression=s2_fast", "version=2.9.25"), containers{"n1", "n2", "n3"}); err == nil || !strings.Contains(err.Error(), "from 2.10 on") {
		t.Errorf("2.9 cannot compress routes: %v", err)
	}
}

func TestReplicasFitTheNodes(t *testing.T) {
	for _, c := range []struct {
		cfg   cluster.Config
		nodes int
		want  int // 0 is an error
	}{
		{cluster.Config{}, 3, 3},
		{cluster.Config{}, 5, 3},
		{cluster.Config{}, 1, 1},
		{with("replicas=5"), 5, 5},
		{with("replicas=1"), 3, 1},
		{with("replicas=5"), 3, 0},
	} {
		names := containers{"n1", "n2", "n3", "n4", "n5"}[:c.nodes]
		_, err := New().Nodes(c.cfg, names)
		if (err == nil) != (c.want > 0) {
			t.Errorf("%v on %d nodes: %v", c.cfg.Settings, c.nodes, err)
		}
		c.cfg.Nodes = c.nodes
		if got := describe(logStream, c.cfg); c.want > 0 && got.Replicas != c.want {
			t.Errorf("%v on %d nodes: %d replicas", c.cfg.Settings, c.nodes, got.Replicas)
		}
	}
}

func TestEveryStreamIsDescribed(t *testing.T) {
	for _, name := range []string{registerStream, versionsStream, setStream, logStream, jobsStream} {
		s := describe(name, with("reads=direct", "storage=memory"))
		if s.Name != name || len(s.Subjects) != 1 || !s.AllowDirect || s.Storage.String() != "Memory" {
			t.Errorf("%s: %+v", name, s)
		}
		if s = describe(name, cluster.Config{}); s.AllowDirect || s.Storage.String() != "File" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestImages(t *testing.T) {
	for _, c := range []struct {
		cfg       cluster.Config
		reference string
		preferred []string
	}{
		{with("version=v2.10.22"), "docker.io/library/nats:2.10.22", []string{"assay/nats:2.10.22"}},
		{cluster.Config{Image: "mine:1"}, "mine:1", nil},
	} {
		got := describeNodes(t, c.cfg, "n1")[0].Image
		if got.Reference != c.reference || !reflect.DeepEqual(got.Preferred, c.preferred) {
			t.Errorf("%+v: got %+v", c.cfg, got)
		}
	}
	if _, err := New().Nodes(with("version=latest"), containers{"n1"}); err == nil {
		t.Error("version latest was accepted")
	}
}

func TestRecipeOfAVersion(t *testing.T) {
	for version, reference := range map[string]string{
		"2.12.1":      "assay/nats:2.12.1",
		"v2.15.2":     "assay/nats:2.15.2",
		"2.12.0-RC.1": "assay/nats:2.12.0-RC.1",
		"2.9.0":       "assay/nats:2.9.0",
		"2.8.4":       "", // the client library asks for what it does not know
		"":            "",
		"2.12":        "",
		"1.4.1":       "",
		"2.012.1":     "",
		"latest":      "",
		"2.12.1 ":     "",
		"2.12.1\nx":   "",
	} {
		image, err := New().Recipe(version)
		if (err == nil) != (reference != "") || image.Reference != reference {
			t.Errorf("%q: got %q, %v", version, image.Reference, err)
		}
	}
}
