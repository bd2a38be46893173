package protocol

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/local"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/harness/targets/demo/node"
	"github.com/assaykit/assay/workloads"
)

// TestMain makes this program a node if it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		os.Exit(node.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestServices lets a client of every node use the data type that the protocol offers.
func TestServices(t *testing.T) {
	for _, target := range All() {
		t.Run(target.Name(), func(t *testing.T) {
			clients := dialAll(t, target, up(t, target))
			switch types := target.(Target).protocol.Service.Types; types[0] {
			case "Register":
				tryRegister(t, clients)
			case "Consensus":
				tryConsensus(t, clients)
			case "Queue":
				tryQueue(t, clients)
			case "Lease":
				tryLease(t, clients)
			default:
				t.Errorf("nobody tries %v", types)
			}
		})
	}
}

func up(t *testing.T, target cluster.Target) cluster.Cluster {
	t.Helper()
	c, err := local.Start(t.Context(), cluster.Options{
		Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: target, Log: t.Output(),
		// One copy is a register only at one node.
		Config: cluster.Config{Nodes: nodesOf(target)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := target.Ready(ctx, c, cluster.Config{}); err != nil {
		t.Fatal(err)
	}
	return c
}

func nodesOf(target cluster.Target) int {
	if target.Name() == "single-copy" {
		return 1
	}
	return 3
}

func dialAll(t *testing.T, target cluster.Target, c cluster.Cluster) []client {
	var all []client
	for _, n := range c.Nodes() {
		dialled, err := target.Dial(t.Context(), n, cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dialled.Close() })
		all = append(all, dialled.(client))
	}
	return all
}

func tryRegister(t *testing.T, clients []client) {
	for i, writer := range clients {
		if err := writer.Write(t.Context(), "x", i); err != nil {
			t.Fatal(err)
		}
		for _, reader := range clients {
			if value, found, err := reader.Read(t.Context(), "x"); value != i || !found || err != nil {
				t.Errorf("read %d, %v, %v after a write of %d", value, found, err, i)
			}
		}
	}
	if _, found, err := clients[0].Read(t.Context(), "y"); found || err != nil {
		t.Errorf("a register never written to: found %v, %v", found, err)
	}
}

func tryConsensus(t *testing.T, clients []client) {
	if _, known, err := clients[0].Decision(t.Context(), "x"); known || err != nil {
		t.Errorf("before any proposal: known %v, %v", known, err)
	}
	for i, c := range clients {
		if decided, err := c.Propose(t.Context(), "x", i); decided != 0 || err != nil {
			t.Errorf("proposal %d: decided %d, %v", i, decided, err)
		}
		if decided, known, err := c.Decision(t.Context(), "x"); decided != 0 || !known || err != nil {
			t.Errorf("learn: %d, %v, %v", decided, known, err)
		}
	}
}

func tryQueue(t *testing.T, clients []client) {
	for i, c := range clients {
		if err := c.Send(t.Context(), "q", i); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range clients {
		if value, found, err := c.Receive(t.Context(), "q"); value != i || !found || err != nil {
			t.Errorf("receive %d: %d, %v, %v", i, value, found, err)
		}
	}
	if _, found, err := clients[0].Receive(t.Context(), "q"); found || err != nil {
		t.Errorf("receive from the empty queue: found %v, %v", found, err)
	}
}

func tryLease(t *testing.T, clients []client) {
	last := int64(0)
	for i, c := range clients {
		held, token, err := c.AcquireFor(t.Context(), "l", time.Minute)
		if !held || token <= last || err != nil {
			t.Fatalf("client %d: %v, token %d after %d, %v", i, held, token, last, err)
		}
		last = token
		other := clients[(i+1)%len(clients)]
		if held, _, err := other.AcquireFor(t.Context(), "l", time.Minute); held || err != nil {
			t.Errorf("held by two: %v, %v", held, err)
		}
		if released, err := c.Release(t.Context(), "l"); !released || err != nil {
			t.Errorf("release: %v, %v", released, err)
		}
	}
}

// TestEveryServiceFitsAWorkload would find a data type whose name is misspelt.
func TestEveryServiceFitsAWorkload(t *testing.T) {
	for _, target := range All() {
		fits := 0
		for _, w := range workloads.All() {
			if w.Supports(target.Prototype()) == nil {
				fits++
			}
		}
		if fits < 1 || fits > 4 {
			t.Errorf("%s fits %d workloads", target.Name(), fits)
		}
	}
}

func TestNodesAreToldTheProtocolAndItsSettings(t *testing.T) {
	target := New(find(t, "abd"), demo.WithProgram("/program"))
	specs, err := target.Nodes(cluster.Config{Settings: map[string]string{"bug": "volatile"}}, layout{})
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Join(specs[0].Args, " ")
	if !strings.HasSuffix(args, "--protocol=abd --set=bug=volatile") {
		t.Errorf("arguments %s", args)
	}
}

func find(t *testing.T, name string) (p protocols.Protocol) {
	t.Helper()
	for _, target := range All() {
		if target.Name() == name {
			return target.(Target).protocol
		}
	}
	t.Fatalf("no protocol %s", name)
	return p
}

// layout is that of a single node.
type layout struct{}

func (layout) Names() []string                   { return []string{"n1"} }
func (layout) Listen(node, port string) string   { return node + ":1" }
func (layout) Dial(from, to, port string) string { return to + ":1" }
func (layout) Data(node string) string           { return "/data" }
