package explore_test

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/protocols/abd"
	"github.com/assaykit/assay/harness/protocols/paxos"
	"github.com/assaykit/assay/harness/sim/explore"
)

// BenchmarkSearch prints how fast some searches are, and how many times as fast two
// workers are as one: with -bench Search/paxos3. What two workers can reach at best is
// what two processes reach that each search alone at the same time.
func BenchmarkSearch(b *testing.B) {
	for _, c := range []struct {
		name string
		of   explore.Explorer
	}{
		{"paxos3", registers(paxos.Actor{}, 3, 3, 1, explore.Unordered)},
		{"paxos6", registers(paxos.Actor{}, 3, 6, 1, explore.Unordered)},
		{"abd", registers(abd.Actor{}, 3, 2, 1, explore.Ordered)},
		{"commit8", twoPhaseCommit(8, false)},
		{"single4", registers(single{}, 1, 4, 1, explore.Unordered)},
	} {
		var alone float64
		for workers := 1; workers <= 2; workers++ {
			b.Run(fmt.Sprintf("%s/%d", c.name, workers), func(b *testing.B) {
				for b.Loop() {
					took := benchmark(b, c.of, workers)
					if workers == 1 {
						alone = took
					} else {
						b.ReportMetric(alone/took, "times-one-worker")
					}
				}
			})
		}
	}
}

// benchmark searches once, and tells how many seconds it took.
func benchmark(b *testing.B, of explore.Explorer, workers int) float64 {
	runtime.GC()
	before, began := processorTime(), time.Now()
	result, err := of.Explore(context.Background(), explore.Options{Workers: workers, Exhaust: true})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(began).Seconds()
	b.ReportMetric(float64(result.Unique), "states")
	b.ReportMetric(float64(result.Unique)/took, "states/s")
	b.ReportMetric((processorTime() - before).Seconds(), "cpu-s")
	b.ReportMetric(float64(largest())/(1<<20), "MiB-most")
	return took
}

func usage() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u
}

func processorTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// largest is the most memory that the process has had, in bytes.
func largest() int64 { return usage().Maxrss << 10 }
