package formats_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/formats"
	"github.com/assaykit/assay/harness/history/jepsen"
)

// writers write a history in each of the formats.
var writers = []struct {
	format string
	write  func(w io.Writer, h *history.History) error
}{
	{"assay", writeOwn},
	{"jepsen-json", jepsen.WriteJSON},
	{"jepsen-edn", jepsen.WriteEDN},
	{"jepsen-log", writeLog},
}

func writeOwn(w io.Writer, h *history.History) error {
	out := bufio.NewWriter(w)
	for _, op := range h.Ops {
		line, err := op.MarshalJSON()
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	return out.Flush()
}

// writeLog writes registers as Jepsen logged them: without keys and times.
func writeLog(w io.Writer, h *history.History) error {
	out := bufio.NewWriter(w)
	for _, op := range h.Ops {
		value := op.Value.String()
		if op.Value.IsNil() {
			value = "nil"
		}
		if op.Type == history.Info {
			value = ":timed-out"
		}
		fmt.Fprintf(out, "INFO  jepsen.util - %d\t:%v\t:%s\t%s\n", op.Process, op.Type, op.F, value)
	}
	return out.Flush()
}

// registers is a history of so many operations on registers, by a dozen clients
// of which one in a hundred operations has no known outcome.
func registers(operations int) *history.History {
	random := rand.New(rand.NewPCG(1, 2))
	h := &history.History{Ops: make([]history.Op, 0, 2*operations)}
	clients := make([]history.Op, 12)
	for i := range clients {
		clients[i] = history.Op{Process: i, Type: history.OK}
	}
	for next, invoked := len(clients), 0; len(h.Ops) < 2*operations; {
		op := &clients[random.IntN(len(clients))]
		switch {
		case op.Type == history.Invoke:
			op.Type = history.OK
			if op.F == "read" {
				op.Value = history.Int(random.IntN(5))
			}
			if random.IntN(100) == 0 {
				op.Type, op.Error = history.Info, "timed out"
			}
		case invoked == operations:
			continue
		default:
			if op.Type == history.Info {
				op.Process, op.Error, next = next, "", next+1
			}
			invoked++
			invoke(op, random)
		}
		op.Index, op.Time = len(h.Ops), time.Duration(len(h.Ops))*100*time.Microsecond
		h.Ops = append(h.Ops, *op)
	}
	return h
}

func invoke(op *history.Op, random *rand.Rand) {
	op.Type, op.Key = history.Invoke, fmt.Sprint("r", random.IntN(20))
	switch random.IntN(3) {
	case 0:
		op.F, op.Value = "read", history.Value{}
	case 1:
		op.F, op.Value = "write", history.Int(random.IntN(5))
	case 2:
		op.F, op.Value = "cas", history.Ints(random.IntN(5), random.IntN(5))
	}
}

// A million operations, which are two million lines, have to be read within three
// seconds and 400 MB.
func BenchmarkRead(b *testing.B) {
	for _, operations := range []int{1_000, 10_000, 100_000, 1_000_000} {
		for _, w := range writers {
			b.Run(fmt.Sprintf("%s/operations=%d", w.format, operations), func(b *testing.B) {
				path := filepath.Join(b.TempDir(), "history")
				file, err := os.Create(path)
				if err == nil {
					err = w.write(file, registers(operations))
				}
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				before := processorTime(b)
				for b.Loop() {
					r, err := formats.Read(path, formats.Options{Keyed: keyedIn(w.format)})
					if err != nil || r.Format != w.format || len(r.History.Ops) != 2*operations {
						b.Fatal(r, err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(operations), "ns/op-of-history")
				b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
			})
		}
	}
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func keyedIn(format string) jepsen.Keyed {
	if format == "jepsen-log" {
		return jepsen.No
	}
	return jepsen.Find
}
