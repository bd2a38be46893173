package sim_test

import (
	"testing"
	"time"

	"github.com/assaykit/assay/harness/sim"
)

// BenchmarkSimulation prints how many seconds of a cluster pass in one of the
// machine's, on one core, checks included.
func BenchmarkSimulation(b *testing.B) {
	for _, c := range []struct {
		name, workload, nemesis string
		rate                    float64
	}{
		{"register", "register", "none", 200},
		{"register-faults", "register", "partition,kill,pause", 200},
		{"queue-faults", "queue", "partition,kill,pause", 200},
	} {
		b.Run(c.name, func(b *testing.B) {
			var elapsed time.Duration
			var events uint64
			for i := range b.N {
				p := sim.Plan{Target: "demo", Workload: c.workload, Nemesis: c.nemesis, Seed: int64(i + 1), Clients: 10, Rate: c.rate, Time: 10 * time.Second}
				out := run(b, p, sim.Options{})
				elapsed += out.Elapsed
				events += out.Events
			}
			b.ReportMetric(elapsed.Seconds()/b.Elapsed().Seconds(), "simulated-s/s")
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
