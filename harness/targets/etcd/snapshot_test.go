package etcd

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

func TestMetricsAreFoundByName(t *testing.T) {
	text := `# TYPE etcd_snap_fsync_duration_seconds histogram
etcd_snap_fsync_duration_seconds_bucket{le="0.001"} 3
etcd_snap_fsync_duration_seconds_sum 0.012
etcd_snap_fsync_duration_seconds_count 17
`
	if n, err := metric(strings.NewReader(text), savedSnapshots); err != nil || n != 17 {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := metric(strings.NewReader(text), "etcd_other"); err == nil || !strings.Contains(err.Error(), "there is no etcd_other") {
		t.Errorf("got %v", err)
	}
}

func TestSnapshotsComeAsOftenAsTheSettingSays(t *testing.T) {
	at := containers{"n1"}
	for value, want := range map[string]string{"": "", "100": "--snapshot-count=100"} {
		nodes, err := New().Nodes(cluster.Config{Settings: map[string]string{snapshotCount: value}}, at)
		if err != nil {
			t.Fatal(err)
		}
		given := slices.IndexFunc(nodes[0].Args, func(a string) bool { return strings.HasPrefix(a, "--snapshot-count") })
		if (given >= 0) != (want != "") || given >= 0 && nodes[0].Args[given] != want {
			t.Errorf("%q gives %v", value, nodes[0].Args)
		}
	}
	for _, wrong := range []string{"0", "-5", "many"} {
		_, err := New().Nodes(cluster.Config{Settings: map[string]string{snapshotCount: wrong}}, at)
		if err == nil || !strings.Contains(err.Error(), "snapshot-count="+wrong) {
			t.Errorf("%s: got %v", wrong, err)
		}
	}
}

// Every member saves snapshots as changes come in, and says so; without changes none.
func TestMembersTellOfTheirSnapshots(t *testing.T) {
	config := cluster.Config{Settings: map[string]string{snapshotCount: "50"}}
	c := real.Up(t, New(), config)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := snapshots(t, c)
	client, err := New().Dial(ctx, c.Nodes()[0], config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 200 {
		if err := client.(workloads.Register).Write(ctx, "x", i); err != nil {
			t.Fatal(err)
		}
	}
	for after := snapshots(t, c); ; after = snapshots(t, c) {
		grown := 0
		for i := range after {
			if after[i] >= before[i]+3 {
				grown++
			}
		}
		if grown == len(after) {
			t.Logf("%v before 200 writes, %v after", before, after)
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%v before 200 writes, %v after", before, after)
		}
		nodes.Wait(ctx, nodes.Pause)
	}
}

func snapshots(t *testing.T, c cluster.Cluster) []int {
	t.Helper()
	var counts []int
	for _, node := range c.Nodes() {
		n, err := New().Snapshots(t.Context(), node, cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	return counts
}
