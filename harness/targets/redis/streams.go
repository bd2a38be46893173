package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/assaykit/assay/workloads"
)

// field holds the value of an entry in a stream.
const field = "value"

func value(entry redis.XMessage) (int, error) {
	text, ok := entry.Values[field].(string)
	if !ok {
		return 0, fmt.Errorf("entry %s has no %s: %v", entry.ID, field, entry.Values)
	}
	return strconv.Atoi(text)
}

// Append implements workloads.Log: a partition is a stream whose entries the server
// numbers from 1 on, in place of the time that it would number them by.
func (c *client) Append(ctx context.Context, partition string, value int) (int64, error) {
	id, err := c.add(ctx, &redis.XAddArgs{Stream: "log:" + partition, ID: "0-*", Values: []any{field, value}})
	if err != nil {
		return 0, err
	}
	return offset(id)
}

// add puts an entry at the end of a stream, and returns its identifier.
func (c *client) add(ctx context.Context, entry *redis.XAddArgs) (string, error) {
	var answer *redis.StringCmd
	if err := c.write(ctx, entry.Stream, func(batch redis.Pipeliner) { answer = batch.XAdd(ctx, entry) }); err != nil {
		return "", err
	}
	return answer.Result()
}

func offset(id string) (int64, error) {
	return strconv.ParseInt(strings.TrimPrefix(id, "0-"), 10, 64)
}

// Records implements workloads.Log.
func (c *client) Records(ctx context.Context, partition string, from int64, most int) (found []workloads.Record, err error) {
	err = c.read(ctx, "log:"+partition, func(link *redis.Client) error {
		entries, err := link.XRangeN(ctx, "log:"+partition, fmt.Sprintf("0-%d", from), "+", int64(most)).Result()
		if err != nil {
			return err
		}
		found, err = records(entries)
		return err
	})
	return found, err
}

func records(entries []redis.XMessage) ([]workloads.Record, error) {
	var found []workloads.Record
	for _, entry := range entries {
		at, err := offset(entry.ID)
		if err != nil {
			return nil, err
		}
		value, err := value(entry)
		if err != nil {
			return nil, err
		}
		found = append(found, workloads.Record{Offset: at, Value: value})
	}
	return found, nil
}

// group is the consumer group that hands out the messages of a queue, and redeliverAfter
// how long one may be with a client that does not acknowledge it.
const (
	group          = "workers"
	redeliverAfter = 2 * time.Second
)

// Publish implements workloads.Messages: a queue is a stream.
func (c *client) Publish(ctx context.Context, queue string, value int) error {
	_, err := c.add(ctx, &redis.XAddArgs{Stream: "messages:" + queue, Values: []any{field, value}})
	return err
}

// Take implements workloads.Messages: first what was handed out long ago and not
// acknowledged, then what was not handed out yet. That there was nothing to be had needs
// no confirmation.
func (c *client) Take(ctx context.Context, queue string) (m workloads.Message, found bool, err error) {
	if err := c.gather(ctx, queue); err != nil {
		return m, false, err
	}
	if m, found, err = c.takeOld(ctx, queue); err == nil && !found {
		m, found, err = c.takeNew(ctx, queue)
	}
	if err != nil {
		c.forget(queue)
	}
	return m, found, err
}

// takeOld goes through all that was handed out, from the oldest on: asked for one message,
// a server looks at ten, and says where it stopped (xautoclaimCommand in t_stream.c of
// Redis 7.0). Ten that are with clients would hide all others otherwise.
func (c *client) takeOld(ctx context.Context, queue string) (m workloads.Message, found bool, err error) {
	const end = "0-0"
	for from := end; ; {
		var answer *redis.XAutoClaimCmd
		err := c.write(ctx, "messages:"+queue, func(batch redis.Pipeliner) {
			answer = batch.XAutoClaim(ctx, &redis.XAutoClaimArgs{
				Stream: "messages:" + queue, Group: group, Consumer: c.name, MinIdle: redeliverAfter, Start: from, Count: 1,
			})
		})
		if err != nil && !errors.Is(err, errUnconfirmed) {
			return m, false, err
		}
		entries, next, wrong := answer.Result()
		if wrong != nil || len(entries) > 0 || next == end {
			return taken(entries, true, err, wrong)
		}
		from = next
	}
}

func (c *client) takeNew(ctx context.Context, queue string) (m workloads.Message, found bool, err error) {
	var answer *redis.XStreamSliceCmd
	err = c.write(ctx, "messages:"+queue, func(batch redis.Pipeliner) {
		answer = batch.XReadGroup(ctx, &redis.XReadGroupArgs{
			Streams: []string{"messages:" + queue, ">"}, Group: group, Consumer: c.name, Count: 1, Block: -1,
		})
	})
	if err != nil && !errors.Is(err, errUnconfirmed) {
		return m, false, err
	}
	streams, wrong := answer.Result()
	if wrong != nil || len(streams) == 0 {
		return m, false, absent(wrong)
	}
	return taken(streams[0].Messages, false, err, nil)
}

// taken is the message that was handed out, if there is one. The first error is that of
// its confirmation, the other one that of the answer.
func taken(entries []redis.XMessage, again bool, unconfirmed, wrong error) (workloads.Message, bool, error) {
	if wrong != nil || len(entries) == 0 {
		return workloads.Message{}, false, wrong
	}
	value, err := value(entries[0])
	if err = errors.Join(unconfirmed, err); err != nil {
		return workloads.Message{}, false, err
	}
	return workloads.Message{Value: value, Ticket: entries[0].ID, Redelivered: again}, true, nil
}

// gather makes sure that there is a consumer group for a queue. An error means that no
// message was asked for.
func (c *client) gather(ctx context.Context, queue string) error {
	if c.groups[queue] {
		return nil
	}
	err := c.write(ctx, "messages:"+queue, func(batch redis.Pipeliner) { batch.XGroupCreateMkStream(ctx, "messages:"+queue, group, "0") })
	if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return workloads.NoEffect(fmt.Errorf("make a consumer group of %s: %w", queue, err))
	}
	c.groups[queue] = true
	return nil
}

// forget makes the consumer group be looked for again after an error: another master may
// have none.
func (c *client) forget(queue string) { delete(c.groups, queue) }

// errNotPending is the server's answer to an acknowledgement of what it does not wait for.
var errNotPending = workloads.NoEffect(errors.New("nothing with this ticket is to be acknowledged"))

// Acknowledge implements workloads.Messages.
func (c *client) Acknowledge(ctx context.Context, queue, ticket string) error {
	var answer *redis.IntCmd
	err := c.write(ctx, "messages:"+queue, func(batch redis.Pipeliner) { answer = batch.XAck(ctx, "messages:"+queue, group, ticket) })
	if answer == nil || err != nil && !errors.Is(err, errUnconfirmed) {
		return err
	}
	if n, wrong := answer.Result(); wrong == nil && n == 0 {
		return errNotPending
	}
	return err
}
