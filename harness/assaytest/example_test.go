package assaytest_test

import (
	"os"
	"testing"
	"time"

	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/assaytest"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/harness/targets/demo/node"
	"github.com/assaykit/assay/workloads"
)

// TestMain lets the demo's nodes be this very program, so that the example needs nothing
// that is not here. A service of your own is a target as harness/targets/etcd is one, or
// brings a compose file and a client (harness/targets/compose).
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "node" {
		os.Exit(node.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// This is all that it takes.
func TestQueueKeepsItsPromise(t *testing.T) {
	assaytest.Run(t, harness.Test{
		Target:   demo.New(),
		Workload: workloads.NewQueue(),
		Nemesis:  assaytest.Faults(t, "partition,kill"),
		Duration: 5 * time.Second,
	})
}

// And this is several runs that anybody can repeat.
func TestRegistersStayLinearizable(t *testing.T) {
	assaytest.Seeds(t, harness.Test{
		Target:   demo.New(),
		Workload: workloads.NewRegister(),
		Nemesis:  assaytest.Faults(t, "partition:leader"),
		Duration: 3 * time.Second,
		Hold:     time.Second,
	}, 1, 2)
}
