package nemesis_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/targets/demo"
)

// Every fault of disks is seen in effect on real nodes that write, and gone
// thereafter, also where nodes stop because of it or refuse their files.
func TestDiskFaultsOnARealCluster(t *testing.T) {
	c := startDemoWith(t, cluster.Options{Disks: true})
	writeAllTheTime(t, c)
	for _, text := range []string{
		"disk:power", "disk:torn@n2", "disk:write-errors", "disk:read-errors@n1,n2", "disk:sync-errors", "disk:full@n3",
		"disk:slow(50ms)", "disk:slow-sync&slow", "disk:lie", "disk:bit-rot", "disk:flip(2)", "disk:truncate(64B)", "disk:rollback(1s)",
	} {
		t.Run(text, func(t *testing.T) {
			anew(t, c)
			h := strike(t, c, []string{"n2", "n1", "n3"}, text)
			for _, span := range h.FaultSpans() {
				t.Logf("%s: in effect after %s", span.Fault.Detail, (span.Injected - span.Start).Round(time.Millisecond))
				if !span.Verified || !span.Healed {
					t.Errorf("%+v", span)
				}
			}
			for _, op := range h.Ops {
				if told, _ := op.Value.Text(); op.Type != history.Invoke && op.Fault != nil && told != op.Fault.Detail {
					t.Logf("%s: %s", op.F, told)
				}
			}
		})
	}
}

// anew starts all nodes again, so that the next leader asks what each of them has:
// one that leads does not expect followers to lose what they had.
func anew(t *testing.T, c cluster.Cluster) {
	t.Helper()
	for _, do := range []func(cluster.Node) error{
		func(n cluster.Node) error { return n.Kill(t.Context()) },
		func(n cluster.Node) error { return n.Start(t.Context()) },
	} {
		for _, n := range c.Nodes() {
			if err := do(n); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := demo.New().Ready(ctx, c, cluster.Config{}); err != nil {
		t.Fatal(err)
	}
}

// writeAllTheTime lets a client of each node write until the test ends.
func writeAllTheTime(t *testing.T, c cluster.Cluster) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, node := range c.Nodes() {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				writeOnce(ctx, node, i)
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
}

// writeOnce may fail: nodes are down now and then.
func writeOnce(ctx context.Context, node cluster.Node, value int) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	client, err := demo.New().Dial(ctx, node, cluster.Config{})
	if err != nil {
		return
	}
	defer client.Close()
	_ = client.(*demo.Client).Write(ctx, "key", value)
}
