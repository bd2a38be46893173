package harness

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// prepare makes what the workload needs before its first operation. The cluster is
// ready, but may still turn away a request: it is tried until the context ends.
func (r *run) prepare(ctx context.Context) error {
	w, ok := r.test.Workload.(workloads.Prepared)
	if !ok {
		return nil
	}
	for {
		err := r.prepareOnce(ctx, w, r.cluster.Nodes()[0])
		if err == nil {
			return nil
		}
		if !clock.Sleep(ctx, 100*time.Millisecond) {
			return fmt.Errorf("prepare the workload %s: %w", w.Name(), err)
		}
	}
}

func (r *run) prepareOnce(ctx context.Context, w workloads.Prepared, node cluster.Node) error {
	client, err := r.dial(ctx, node)
	if err != nil {
		return fmt.Errorf("dial %s: %w", node.Name(), err)
	}
	defer client.Close()
	ctx, cancel := clock.WithTimeout(ctx, r.test.OpTimeout)
	defer cancel()
	if err := w.Prepare(ctx, client, r.workloadConfig()); err != nil {
		return fmt.Errorf("on %s: %w", node.Name(), err)
	}
	return nil
}
