package workloads

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/harness/history"
)

// sentTo is a history of n messages sent to each queue.
func sentTo(n int, queues ...string) *history.History {
	h := &history.History{}
	for _, queue := range queues {
		for i := range n {
			h.Ops = append(h.Ops, history.Op{Index: len(h.Ops), F: sendQueue, Key: queue, Value: history.Int(i)})
		}
	}
	return h
}

// drained feeds a drain with completions, of which the last is repeated, and
// returns which queues it received from, at most 10,000 times.
func drained(h *history.History, worker int, completions ...history.Op) []string {
	g := NewQueue().Final(Config{}, h, worker)
	var from []string
	var done *history.Op
	for len(from) < 10_000 {
		op, ok := g.Next(done)
		if !ok {
			return from
		}
		done = &completions[min(len(from), len(completions)-1)]
		from = append(from, op.Key)
	}
	return from
}

func TestADrainEnds(t *testing.T) {
	message := history.Op{Type: history.OK, Value: history.Int(1)}
	empty := history.Op{Type: history.OK}
	lost := history.Op{Type: history.Info, Error: "timeout"}
	refused := history.Op{Type: history.Fail, Error: "connection refused"}
	tests := []struct {
		name        string
		completions []history.Op
		want        int
	}{
		{"empty at once", []history.Op{empty}, 1},
		{"after some messages", []history.Op{message, message, empty}, 3},
		{"an unknown receive is not the end", []history.Op{message, lost, message, lost, empty}, 5},
		{"a failed receive is not the end", []history.Op{refused, refused, message, empty}, 4},
		{"a node that is away", []history.Op{message, refused}, 1 + patience},
		{"a node that hangs", []history.Op{lost}, patience},
		{"a system that delivers for ever", []history.Op{message}, drainLimit(10)},
	}
	for _, test := range tests {
		if got := len(drained(sentTo(10, "q"), 0, test.completions...)); got != test.want {
			t.Errorf("%s: %d receives, want %d", test.name, got, test.want)
		}
	}
}

func TestEveryWorkerDrainsEveryQueue(t *testing.T) {
	empty := history.Op{Type: history.OK}
	for worker, want := range []string{"[c b a]", "[b a c]", "[a c b]", "[c b a]"} {
		if got := fmt.Sprint(drained(sentTo(2, "a", "b", "c"), worker, empty)); got != want {
			t.Errorf("worker %d drains %s, want %s", worker, got, want)
		}
	}
}

func TestMoreIsSentThanReceived(t *testing.T) {
	count := map[string]int{}
	for _, op := range first(t, NewQueue(), Config{Settings: map[string]string{"queues": "3"}}, 10_000) {
		count[op.F]++
		count[op.Key]++
	}
	if sent := count[sendQueue]; sent < 5200 || sent > 5800 {
		t.Errorf("%d of 10000 operations send", sent)
	}
	for _, queue := range []string{"q1", "q2", "q3"} {
		if count[queue] < 3000 {
			t.Errorf("%s got %d of 10000 operations", queue, count[queue])
		}
	}
}
