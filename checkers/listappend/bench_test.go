package listappend

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/harness/history"
)

func simulated(transactions, sessions int, snapshots bool, trouble float64) *history.History {
	d := &database{random: rand.New(rand.NewPCG(1, uint64(sessions))), snapshots: snapshots, perList: 32, trouble: trouble}
	return d.run(transactions, sessions)
}

// BenchmarkSerializable is of transactions of a strictly serializable database, with
// one in a hundred of unknown outcome.
func BenchmarkSerializable(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		for _, sessions := range []int{20, 100} {
			b.Run(fmt.Sprintf("transactions=%d/sessions=%d", n, sessions), func(b *testing.B) {
				bench(b, simulated(n, sessions, false, 0.01), n, isolation.StrictSerializable, checkers.Valid)
			})
		}
	}
}

// BenchmarkSnapshots is of transactions of a snapshot-isolated database, of which many
// skew.
func BenchmarkSnapshots(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		for _, sessions := range []int{20, 100} {
			if n < 10_000 {
				continue // too few to skew
			}
			h := simulated(n, sessions, true, 0.01)
			for level, want := range map[isolation.Level]checkers.Validity{isolation.SnapshotIsolation: checkers.Valid, isolation.Serializable: checkers.Invalid} {
				b.Run(fmt.Sprintf("transactions=%d/sessions=%d/expected=%v", n, sessions, level), func(b *testing.B) {
					bench(b, h, n, level, want)
				})
			}
		}
	}
}

func bench(b *testing.B, h *history.History, n int, level isolation.Level, want checkers.Validity) {
	b.Helper()
	b.ReportAllocs()
	before := inUse()
	peak := make(chan uint64)
	done := make(chan bool)
	go func() {
		var most uint64
		for {
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	begin := used()
	for b.Loop() {
		if v := check(b, Options{Expected: level}, h); v.Validity != want {
			b.Fatalf("%v: %s", v.Validity, v.Reason)
		}
	}
	spent := used() - begin
	close(done)
	if most := <-peak; most > before {
		b.ReportMetric(float64(most-before)/float64(n), "peak-B/txn")
	}
	b.ReportMetric(float64(n)*float64(b.N)/spent.Seconds(), "txn/cpu-s")
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// used is the time of processors that was used so far, also by the collector.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
