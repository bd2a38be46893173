package workloads

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

var (
	errRefused = NoEffect(errors.New("connection refused"))
	errLost    = errors.New("the answer got lost")
)

// lossy is a queue that takes every message and answers as it is told to.
type lossy struct {
	cluster.Client
	answers []error
	sent    []int
	within  []time.Duration
}

func (l *lossy) Close() error { return nil }

func (l *lossy) Send(ctx context.Context, _ string, value int) error {
	deadline, _ := ctx.Deadline()
	l.within = append(l.within, time.Until(deadline))
	l.sent = append(l.sent, value)
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return answer
}

func (l *lossy) Receive(context.Context, string) (int, bool, error) { return 0, false, nil }

func TestAClientSendsAgainWhatWasNotAcknowledged(t *testing.T) {
	for _, c := range []struct {
		name    string
		retries string
		answers []error
		sent    int
		outcome history.Type
		plain   bool
	}{
		{"acknowledged at once", "3", []error{nil}, 1, history.OK, false},
		{"acknowledged in the end", "3", []error{errLost, errRefused, nil}, 3, history.OK, false},
		{"never sent", "2", []error{errRefused, errRefused, errRefused}, 3, history.Fail, false},
		{"lost, then refused", "1", []error{errLost, errRefused}, 2, history.Info, false},
		{"refused, then lost", "1", []error{errRefused, errLost}, 2, history.Info, false},
		{"no retries", "0", []error{errLost}, 1, history.Info, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			memory := queue{}.Remember(Config{Settings: map[string]string{"retries": c.retries}}, nil, 0)
			if (memory == nil) != c.plain {
				t.Fatalf("memory %v", memory)
			}
			client := &lossy{answers: c.answers}
			op := history.Op{F: sendQueue, Key: "q", Value: history.Int(7)}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			var err error
			if memory == nil {
				_, err = queue{}.Invoke(ctx, client, op)
			} else {
				_, err = memory.Next(ctx, op).Call.without(ctx, client)
			}
			got := history.OK
			if err != nil {
				got = history.Info
				if IsNoEffect(err) {
					got = history.Fail
				}
			}
			if got != c.outcome || !slices.Equal(client.sent, slices.Repeat([]int{7}, c.sent)) {
				t.Errorf("%v after sending %v (%v), want %v after %d times", got, client.sent, err, c.outcome, c.sent)
			}
		})
	}
}

// Each try gets its share of what is left, the last one all of it.
func TestTheTimeOfAnOperationIsShared(t *testing.T) {
	client := &lossy{answers: []error{errLost, errLost, errLost}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	call := retrying(2, plain(queue{}, history.Op{F: sendQueue, Key: "q", Value: history.Int(1)}))
	if _, err := call.without(ctx, client); err == nil {
		t.Fatal("nothing was acknowledged")
	}
	for i, want := range []time.Duration{20 * time.Minute, 30 * time.Minute, 60 * time.Minute} {
		if got := client.within[i].Round(time.Minute); got != want {
			t.Errorf("try %d had %s, want %s", i+1, got, want)
		}
	}
}
