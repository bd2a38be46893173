package nats

import (
	"context"
	"errors"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/workloads"
)

// Append implements workloads.Log: partitions are subjects of one stream, and the
// numbers of messages in it are offsets, so that other partitions leave gaps.
func (c *client) Append(ctx context.Context, partition string, value int) (int64, error) {
	m := nats.NewMsg(records(partition))
	m.Data = []byte(strconv.Itoa(value))
	offset, err := c.publish(ctx, logStream, m)
	return int64(offset), err
}

// Records implements workloads.Log, one message after another: that needs no consumer,
// which the cluster would have to agree on for every poll.
func (c *client) Records(ctx context.Context, partition string, from int64, most int) ([]workloads.Record, error) {
	s, err := c.stream(ctx, logStream)
	if err != nil {
		return nil, err
	}
	var found []workloads.Record
	for next := uint64(max(from, 1)); len(found) < most; {
		m, err := s.GetMsg(ctx, next, jetstream.WithGetMsgSubject(records(partition)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, harmless(err)
		}
		value, err := strconv.Atoi(string(m.Data))
		if err != nil {
			return nil, harmless(err)
		}
		found = append(found, workloads.Record{Offset: int64(m.Sequence), Value: value})
		next = m.Sequence + 1
	}
	return found, nil
}

func records(partition string) string { return "log." + partition }
