package consul

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/consul/api"

	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/workloads"
)

// Acquire implements workloads.Lock: a key is held by a session, which Consul ends once
// the server that it was made on is found to be away. The fencing token is the key's
// lock index, which counts its holders. It tries for half of the time that it has.
func (c *client) Acquire(ctx context.Context, lock string) (held bool, token int64, err error) {
	if err := c.begin(ctx); err != nil {
		return false, 0, err
	}
	end := time.Now().Add(time.Second)
	if deadline, ok := ctx.Deadline(); ok {
		end = time.Now().Add(time.Until(deadline) / 2)
	}
	for {
		held, _, err = c.remote.KV().Acquire(&api.KVPair{Key: locked(lock), Session: c.session}, writing(ctx))
		if err = outcome(err); err != nil {
			return false, 0, c.ended(err)
		}
		if held || time.Now().After(end) {
			break
		}
		nodes.Wait(ctx, nodes.Pause)
	}
	if !held {
		return false, 0, nil
	}
	token, held, err = c.token(ctx, lock)
	return held, token, err
}

// begin makes the session, if there is none. A session that nobody knows of holds
// nothing.
func (c *client) begin(ctx context.Context) (err error) {
	if c.session != "" {
		return nil
	}
	entry := &api.SessionEntry{LockDelay: max(c.lockDelay, time.Nanosecond), Behavior: api.SessionBehaviorRelease}
	if c.session, _, err = c.remote.Session().Create(entry, writing(ctx)); err != nil {
		return workloads.NoEffect(fmt.Errorf("begin a session: %w", err))
	}
	return nil
}

// ended forgets a session that Consul no longer has: it lets nobody acquire anything
// under it.
func (c *client) ended(err error) error {
	if !invalidSession(err) {
		return err
	}
	c.session = ""
	return workloads.NoEffect(err)
}

// token is read after the lock was acquired: if it is held by others by then, it was lost
// at once. An error leaves it open who holds it.
func (c *client) token(ctx context.Context, lock string) (token int64, mine bool, err error) {
	pair, _, err := c.remote.KV().Get(locked(lock), latest(ctx))
	if err != nil || pair == nil || pair.Session != c.session {
		return 0, false, err
	}
	return int64(pair.LockIndex), true, nil
}

// Release implements workloads.Lock. A session that lost the lock cannot release it.
func (c *client) Release(ctx context.Context, lock string) (bool, error) {
	if c.session == "" {
		return false, nil
	}
	released, _, err := c.remote.KV().Release(&api.KVPair{Key: locked(lock), Session: c.session}, writing(ctx))
	return released, outcome(err)
}
