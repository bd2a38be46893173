package sim_test

import (
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/sim"
)

// BenchmarkSimulation prints how many seconds of a cluster pass in one second of
// a core, checks included. It counts the time that this process got, for others
// may want the machine too.
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
			defer debug.SetGCPercent(debug.SetGCPercent(400)) // as 'assay sim' has it
			began := processor(b)
			var elapsed time.Duration
			var events uint64
			for i := range b.N {
				p := sim.Plan{Target: "demo", Workload: c.workload, Nemesis: c.nemesis, Seed: int64(i + 1), Clients: 10, Rate: c.rate, Time: 10 * time.Second}
				out := run(b, p, sim.Options{})
				elapsed += out.Elapsed
				events += out.Events
			}
			took := processor(b) - began
			b.ReportMetric(elapsed.Seconds()/took.Seconds(), "simulated-s/core-s")
			b.ReportMetric(float64(events)/took.Seconds(), "events/core-s")
		})
	}
}

// processor is how long this process has had a core.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
