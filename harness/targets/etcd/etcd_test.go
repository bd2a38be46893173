package etcd

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

var (
	_ cluster.Target     = Target{}
	_ cluster.Leaders    = Target{}
	_ cluster.Versioned  = Target{}
	_ workloads.Register = (*client)(nil)
	_ workloads.Set      = (*client)(nil)
	_ workloads.Queue    = (*client)(nil)

	_ workloads.RegisterTransactions = (*client)(nil)
	_ workloads.ListTransactions     = (*client)(nil)
	_ workloads.Bank                 = (*client)(nil)
	_ workloads.Versions             = (*client)(nil)
	_ workloads.Watch                = (*client)(nil)
	_ workloads.Lock                 = (*client)(nil)
	_ workloads.Lease                = (*client)(nil)
)

// containers is the layout of a network where names are addresses.
type containers []string

func (c containers) Names() []string                { return c }
func (c containers) Listen(_, port string) string   { return "0.0.0.0:" + numbers[port] }
func (c containers) Dial(_, to, port string) string { return to + ":" + numbers[port] }
func (c containers) Data(string) string             { return "/data" }

var numbers = map[string]string{"client": "2379", "peer": "2380"}

func TestNodesFormACluster(t *testing.T) {
	nodes, err := New().Nodes(cluster.Config{}, containers{"n1", "n2", "n3"})
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 3 || nodes[1].Name != "n2" {
		t.Fatalf("got %v", nodes)
	}
	want := []string{
		"--name=n2",
		"--data-dir=/data",
		"--listen-client-urls=http://0.0.0.0:2379",
		"--advertise-client-urls=http://n2:2379",
		"--listen-peer-urls=http://0.0.0.0:2380",
		"--initial-advertise-peer-urls=http://n2:2380",
		"--initial-cluster=n1=http://n1:2380,n2=http://n2:2380,n3=http://n3:2380",
		"--initial-cluster-state=new",
		"--initial-cluster-token=assay",
		"--unsafe-no-fsync=false",
	}
	if !reflect.DeepEqual(nodes[1].Args, want) {
		t.Errorf("arguments\n%s\nwant\n%s", strings.Join(nodes[1].Args, "\n"), strings.Join(want, "\n"))
	}
}

func TestImages(t *testing.T) {
	for _, c := range []struct {
		cfg       cluster.Config
		reference string
		preferred []string
	}{
		{cluster.Config{}, "gcr.io/etcd-development/etcd:v3.5.17", []string{"assay/etcd:3.5.17"}},
		{version("v3.6.0-rc.1"), "gcr.io/etcd-development/etcd:v3.6.0-rc.1", []string{"assay/etcd:3.6.0-rc.1"}},
		{cluster.Config{Image: "mine:1"}, "mine:1", nil},
	} {
		nodes, err := New().Nodes(c.cfg, containers{"n1"})
		if err != nil {
			t.Fatal(err)
		}
		if got := nodes[0].Image; got.Reference != c.reference || !reflect.DeepEqual(got.Preferred, c.preferred) {
			t.Errorf("%+v: got %+v", c.cfg, got)
		}
	}
	if _, err := New().Nodes(version("latest"), containers{"n1"}); err == nil {
		t.Error("version latest was accepted")
	}
}

func version(v string) cluster.Config {
	return cluster.Config{Settings: map[string]string{"version": v}}
}

func TestRecipeOfAVersion(t *testing.T) {
	for version, reference := range map[string]string{
		"3.5.17":      "assay/etcd:3.5.17",
		"v3.7.3":      "assay/etcd:3.7.3",
		"3.6.0-rc.1":  "assay/etcd:3.6.0-rc.1",
		"3.10.0":      "assay/etcd:3.10.0",
		"":            "",
		"3.5":         "",
		"3.05.1":      "",
		"2.3.8":       "",
		"3.4.23":      "", // the server was no module then
		"latest":      "",
		"3.5.17 ":     "",
		"3.5.17;rm x": "",
		"3.5.17-":     "",
		"3.5.17\nx":   "",
	} {
		image, err := New().Recipe(version)
		if (err == nil) != (reference != "") || image.Reference != reference {
			t.Errorf("%q: got %q, %v", version, image.Reference, err)
		}
		if err == nil && image.Recipe.Entrypoint() != "/usr/local/bin/etcd" {
			t.Errorf("%q: entry point %s", version, image.Recipe.Entrypoint())
		}
	}
}

func TestReadyNamesTheNodeAndWhatWasLastSeen(t *testing.T) {
	gone := listen(t)
	gone.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err := New().Ready(ctx, bare{{name: "n2", address: gone.Addr().String()}}, cluster.Config{})
	for _, want := range []string{"n2 is not ready", "connection refused", "deadline exceeded"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}

func TestReadyWhenAllNodesAnswer(t *testing.T) {
	c := bare{{name: "n1", address: serve(t).address}, {name: "n2", address: serve(t).address}}
	if err := New().Ready(t.Context(), c, cluster.Config{}); err != nil {
		t.Error(err)
	}
}

func TestLeadersPassesOverSilentNodes(t *testing.T) {
	gone := listen(t)
	gone.Close()
	c := bare{
		{name: "n1", address: claiming(t, 1, 2)},
		{name: "n2", address: claiming(t, 2, 2)},
		{name: "n3", address: gone.Addr().String()},
		{name: "n4", address: claiming(t, 4, 4)}, // cut off, and does not know yet
		{name: "n5", address: claiming(t, 5, 0)},
	}
	got, err := New().Leaders(t.Context(), c, cluster.Config{})
	if err != nil || !reflect.DeepEqual(got, []string{"n2", "n4"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func claiming(t *testing.T, self, leader uint64) (address string) {
	m := serve(t)
	m.self, m.leader = self, leader
	return m.address
}

// bare is a cluster that is nothing but its nodes.
type bare []node

func (n bare) Runtime() string                    { return "test" }
func (n bare) Capabilities() cluster.Capabilities { return nil }
func (n bare) Close(context.Context) error        { return nil }
func (n bare) Nodes() (list []cluster.Node) {
	for _, node := range n {
		list = append(list, node)
	}
	return list
}
