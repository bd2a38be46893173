package redis

import (
	"context"
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (value int, found bool, err error) {
	err = c.read(ctx, "register:"+key, func(link *redis.Client) error {
		var err error
		value, err = link.Get(ctx, "register:"+key).Int()
		found = err == nil
		return err
	})
	return value, found, err
}

// Write implements workloads.Register.
func (c *client) Write(ctx context.Context, key string, value int) error {
	return c.write(ctx, "register:"+key, func(batch redis.Pipeliner) { batch.Set(ctx, "register:"+key, value, 0) })
}

const compareAndSet = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`

// CompareAndSet implements workloads.Register, by a script. A key that was never written
// equals no value.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	return c.script(ctx, compareAndSet, "register:"+key, strconv.Itoa(old), strconv.Itoa(new))
}

// script has a script change something under a key, and says whether it did. What did
// not change anything needs no confirmation.
func (c *client) script(ctx context.Context, text, key string, args ...any) (bool, error) {
	var answer *redis.Cmd
	err := c.write(ctx, key, func(batch redis.Pipeliner) { answer = batch.Eval(ctx, text, []string{key}, args...) })
	if err != nil && !errors.Is(err, errUnconfirmed) {
		return false, err
	}
	changed, wrong := answer.Bool()
	if wrong != nil || !changed {
		return false, wrong
	}
	return err == nil, err
}

// Add implements workloads.Set.
func (c *client) Add(ctx context.Context, set string, element int) error {
	return c.write(ctx, "set:"+set, func(batch redis.Pipeliner) { batch.SAdd(ctx, "set:"+set, element) })
}

// Elements implements workloads.Set. ScanSlice would take an error for an empty set.
func (c *client) Elements(ctx context.Context, set string) (all []int, err error) {
	err = c.read(ctx, "set:"+set, func(link *redis.Client) error {
		answer := link.SMembers(ctx, "set:"+set)
		if answer.Err() != nil {
			return answer.Err()
		}
		return answer.ScanSlice(&all)
	})
	return all, err
}

// Send implements workloads.Queue: a queue is a list.
func (c *client) Send(ctx context.Context, queue string, value int) error {
	return c.write(ctx, "queue:"+queue, func(batch redis.Pipeliner) { batch.RPush(ctx, "queue:"+queue, value) })
}

// Receive implements workloads.Queue. That the list is empty needs no confirmation.
func (c *client) Receive(ctx context.Context, queue string) (int, bool, error) {
	var answer *redis.StringCmd
	err := c.write(ctx, "queue:"+queue, func(batch redis.Pipeliner) { answer = batch.LPop(ctx, "queue:"+queue) })
	if answer == nil || err != nil && !errors.Is(err, errUnconfirmed) {
		return 0, false, err
	}
	value, wrong := answer.Int()
	if errors.Is(wrong, redis.Nil) {
		return 0, false, nil
	}
	return value, err == nil && wrong == nil, errors.Join(err, wrong)
}

// Increment implements workloads.Counter.
func (c *client) Increment(ctx context.Context, counter string, by int) error {
	return c.write(ctx, "counter:"+counter, func(batch redis.Pipeliner) { batch.IncrBy(ctx, "counter:"+counter, int64(by)) })
}

// Count implements workloads.Counter. A counter that was never incremented is 0.
func (c *client) Count(ctx context.Context, counter string) (count int, err error) {
	err = c.read(ctx, "counter:"+counter, func(link *redis.Client) error {
		var err error
		count, err = link.Get(ctx, "counter:"+counter).Int()
		return err
	})
	return count, err
}

// Generate implements workloads.Identifiers: a counter that everybody increments.
func (c *client) Generate(ctx context.Context) (int64, error) {
	var answer *redis.IntCmd
	err := c.write(ctx, "identifiers", func(batch redis.Pipeliner) { answer = batch.Incr(ctx, "identifiers") })
	if err != nil {
		return 0, err
	}
	return answer.Result()
}
