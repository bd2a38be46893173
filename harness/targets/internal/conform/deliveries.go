package conform

import (
	"context"
	"slices"
	"testing"

	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

// Messages takes two clients and a queue that is empty. It waits until the system hands out
// again what was not acknowledged, and returns the ticket of the first hand-out, which is
// no longer good, and that of the second, which was used.
func Messages[C workloads.Messages](t *testing.T, queue string, a, b C) (stale, used string) {
	t.Helper()
	ctx := t.Context()
	found, err := foundOnceItAnswers(ctx, queue, a)
	real.Expect(t, "take from an empty queue", err, found, false)
	real.Expect(t, "publish", a.Publish(ctx, queue, 5), 0, 0)
	real.Expect(t, "publish elsewhere", a.Publish(ctx, queue+"2", 6), 0, 0)
	// What was published need not be there to be taken at once.
	first, err := takeInTime(ctx, queue, a)
	real.Expect(t, "take", err, first.Value == 5 && !first.Redelivered, true)
	_, found, err = b.Take(ctx, queue)
	real.Expect(t, "take what somebody has", err, found, false)
	second, err := takeInTime(ctx, queue, b)
	real.Expect(t, "take what was not acknowledged", err, second.Value == 5 && second.Redelivered, true)
	real.Expect(t, "acknowledge", b.Acknowledge(ctx, queue, second.Ticket), 0, 0)
	return first.Ticket, second.Ticket
}

// foundOnceItAnswers gives a queue a few seconds, which takes them to be made by its first
// use and to have a leader.
func foundOnceItAnswers(ctx context.Context, queue string, c workloads.Messages) (found bool, err error) {
	for range 50 {
		if _, found, err = c.Take(ctx, queue); err == nil {
			break
		}
		nodes.Wait(ctx, nodes.Pause)
	}
	return found, err
}

func takeInTime(ctx context.Context, queue string, c workloads.Messages) (m workloads.Message, err error) {
	for found := false; !found && err == nil && ctx.Err() == nil; m, found, err = c.Take(ctx, queue) {
		nodes.Wait(ctx, nodes.Pause)
	}
	return m, err
}

// Log takes the name of a partition that is empty.
func Log[C workloads.Log](t *testing.T, partition string, clients ...C) {
	t.Helper()
	ctx, turn := t.Context(), inTurns(clients)
	var all []workloads.Record
	for i := range 12 {
		offset, err := turn.client().Append(ctx, partition, 100+i)
		real.Expect(t, "append", err, i == 0 || offset > all[i-1].Offset, true)
		all = append(all, workloads.Record{Offset: offset, Value: 100 + i})
		_, err = turn.client().Append(ctx, partition+"2", i)
		real.Expect(t, "append elsewhere", err, 0, 0)
	}
	got, err := turn.client().Records(ctx, partition, all[5].Offset, 3)
	real.Expect(t, "records", err, slices.Equal(got, all[5:8]), true)
	got, err = turn.client().Records(ctx, partition, 0, 100)
	real.Expect(t, "all records", err, slices.Equal(got, all), true)
	got, err = turn.client().Records(ctx, partition, all[11].Offset+1, 3)
	real.Expect(t, "records after the last", err, len(got), 0)
}
