package workloads

import (
	"context"

	"github.com/assaykit/assay/harness/cluster"
)

// Prepared is a workload for whose first operation something has to be there.
type Prepared interface {
	Workload
	// Prepare makes it, through any client. It may be repeated, also after an error.
	Prepare(ctx context.Context, c cluster.Client, cfg Config) error
}
