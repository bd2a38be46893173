package explore_test

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/protocols/abd"
	"github.com/assaykit/assay/harness/protocols/paxos"
	"github.com/assaykit/assay/harness/sim/explore"
)

// BenchmarkSearch prints how fast some searches are: with -bench Search/paxos3.
func BenchmarkSearch(b *testing.B) {
	for _, c := range []struct {
		name    string
		of      explore.Explorer
		workers int
	}{
		{"paxos3/1", registers(paxos.Actor{}, 3, 3, 1, explore.Unordered), 1},
		{"paxos3/2", registers(paxos.Actor{}, 3, 3, 1, explore.Unordered), 2},
		{"paxos6/1", registers(paxos.Actor{}, 3, 6, 1, explore.Unordered), 1},
		{"paxos6/2", registers(paxos.Actor{}, 3, 6, 1, explore.Unordered), 2},
		{"abd/1", registers(abd.Actor{}, 3, 2, 1, explore.Ordered), 1},
		{"abd/2", registers(abd.Actor{}, 3, 2, 1, explore.Ordered), 2},
		{"commit8/1", twoPhaseCommit(8, false), 1},
		{"commit8/2", twoPhaseCommit(8, false), 2},
		{"single4/1", registers(single{}, 1, 4, 1, explore.Unordered), 1},
		{"single4/2", registers(single{}, 1, 4, 1, explore.Unordered), 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				benchmark(b, c.of, c.workers)
			}
		})
	}
}

func benchmark(b *testing.B, of explore.Explorer, workers int) {
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
