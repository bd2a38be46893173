package redis

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Locks are keys that expire, with the name of the client that made them: the lock on a
// single instance of redis.io, "Distributed Locks with Redis". There are no tokens.

// Acquire implements workloads.Lock.
func (c *client) Acquire(ctx context.Context, lock string) (bool, int64, error) {
	return c.AcquireFor(ctx, lock, c.expiry)
}

// AcquireFor implements workloads.Lease. That somebody else holds the lock needs no
// confirmation.
func (c *client) AcquireFor(ctx context.Context, lock string, hold time.Duration) (bool, int64, error) {
	var answer *redis.BoolCmd
	err := c.write(ctx, "lock:"+lock, func(batch redis.Pipeliner) { answer = batch.SetNX(ctx, "lock:"+lock, c.name, hold) })
	if answer == nil || err != nil && !errors.Is(err, errUnconfirmed) {
		return false, 0, err
	}
	held, wrong := answer.Result()
	if wrong != nil || !held {
		return false, 0, wrong
	}
	return err == nil, 0, err
}

const release = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

// Release implements workloads.Lock and workloads.Lease.
func (c *client) Release(ctx context.Context, lock string) (bool, error) {
	return c.script(ctx, release, "lock:"+lock, c.name)
}
