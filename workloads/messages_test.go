package workloads

import (
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// redrained feeds a drain of messages with completions a second apart, of which the
// last is repeated, and counts its receives, 10,000 at most.
func redrained(h *history.History, redelivery string, completions ...history.Op) int {
	g := NewMessages().Final(Config{Settings: map[string]string{"redelivery": redelivery}}, h, 0)
	var done *history.Op
	for n := range 10_000 {
		if _, ok := g.Next(done); !ok {
			return n
		}
		last := completions[min(n, len(completions)-1)]
		last.Time = time.Duration(n) * time.Second
		done = &last
	}
	return 10_000
}

func TestADrainWaitsForRedelivery(t *testing.T) {
	message := history.Op{Type: history.OK, F: receiveQueue, Value: history.Int(1)}
	acknowledged := history.Op{Type: history.OK, F: ackMessage, Value: history.Int(1)}
	empty := history.Op{Type: history.OK, F: receiveQueue}
	lost := history.Op{Type: history.Info, F: ackMessage, Value: history.Int(1), Error: "timeout"}
	refused := history.Op{Type: history.Fail, F: receiveQueue, Error: "refused"}
	tests := []struct {
		name, redelivery string
		completions      []history.Op
		want             int
	}{
		{"nothing is redelivered", "0s", []history.Op{message, acknowledged, empty}, 3},
		{"empty for long enough", "3s", []history.Op{empty}, 4},
		{"a message comes late", "3s", []history.Op{empty, empty, message, acknowledged, empty}, 8},
		{"an acknowledgement may be lost", "3s", []history.Op{message, empty, empty, lost, empty}, 8},
		{"a node that is away", "3s", []history.Op{refused}, patience},
		{"a system that delivers for ever", "3s", []history.Op{message}, drainLimit(20)},
	}
	for _, test := range tests {
		if got := redrained(sentTo(10, "q"), test.redelivery, test.completions...); got != test.want {
			t.Errorf("%s: %d receives, want %d", test.name, got, test.want)
		}
	}
}

func TestAConsumerKnowsWhatItTook(t *testing.T) {
	c := &consumer{prefetch: 2}
	next := func(f string) string { return c.Next(t.Context(), history.Op{F: f, Key: "q"}).Op.F }
	if got := next(ackMessage); got != receiveQueue {
		t.Errorf("with nothing to acknowledge it does %s", got)
	}
	for _, value := range []int{1, 2} {
		c.took("q", Message{Value: value}, true)
	}
	if got := next(receiveQueue); got != ackMessage || len(c.taken) != 1 {
		t.Errorf("with as much as it may have it does %s, and has %d", got, len(c.taken))
	}
	if step := c.Next(t.Context(), history.Op{F: crashConsumer, Key: "q"}); !step.Fresh || step.Op.F != receiveQueue {
		t.Errorf("a crash is %+v", step)
	}
	c.Disconnected()
	if got := next(ackMessage); got != receiveQueue {
		t.Errorf("after a crash it does %s", got)
	}
}
