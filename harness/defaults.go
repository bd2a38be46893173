package harness

import (
	"cmp"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/results"
)

// withDefaults fills in what was left at zero.
func (t Test) withDefaults() Test {
	t.Nodes = cmp.Or(t.Nodes, 3)
	t.Concurrency = cmp.Or(t.Concurrency, max(2*t.Nodes, 6))
	t.Rate = cmp.Or(t.Rate, 200)
	t.Duration = cmp.Or(t.Duration, 30*time.Second)
	t.OpTimeout = cmp.Or(t.OpTimeout, time.Second)
	t.Hold = cmp.Or(t.Hold, 3*time.Second)
	t.Settle = cmp.Or(t.Settle, 500*time.Millisecond)
	t.Budget = cmp.Or(t.Budget, time.Minute)
	t.Results = cmp.Or(t.Results, "results")
	return t
}

func (t Test) log() io.Writer {
	if t.Log == nil {
		return io.Discard
	}
	return t.Log
}

// provenance is what is known of a run before it begins.
func (t Test) provenance(began time.Time) results.Run {
	r := t.Provenance
	r.Assay, r.Go = Version(), runtime.Version()
	r.Target, r.Workload, r.Nemesis, r.Seed = t.Target.Name(), t.Workload.Name(), t.Nemesis.String(), t.Seed
	r.Script = t.Script.String()
	r.Concurrency, r.Rate, r.Duration, r.OpTimeout = t.Concurrency, t.Rate, t.Duration, t.OpTimeout
	r.Hold, r.Quiet, r.Started = t.Hold, t.Quiet, began.UTC()
	r.Promise, r.Claims = t.Workload.About(), t.claims()
	r.Demands = t.Demands
	r.Settings = map[string]string{}
	maps.Copy(r.Settings, t.TargetSettings)
	maps.Copy(r.Settings, t.WorkloadSettings)
	return r
}

// Version is the program's module version, with the commit of a build from a
// checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return cmp.Or(info.Main.Version, "(devel)")
}

// describeCluster notes what is known only once the cluster runs.
func (r *run) describeCluster() {
	r.record.Runtime = r.cluster.Runtime()
	r.record.Nodes = nil
	for _, n := range r.cluster.Nodes() {
		r.record.Nodes = append(r.record.Nodes, n.Name())
	}
	r.record.Capabilities = map[string]string{}
	for what, err := range r.capabilities() {
		r.record.Capabilities[string(what)] = ""
		if err != nil {
			r.record.Capabilities[string(what)] = err.Error()
		}
	}
	if imaged, ok := r.cluster.(cluster.Imaged); ok {
		r.record.Image, r.record.ImageID = imaged.Image()
	}
}
