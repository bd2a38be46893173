package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/workloads"
)

var (
	_ workloads.Versions = (*Client)(nil)
	_ workloads.Watch    = (*Client)(nil)
	_ workloads.Lock     = (*Client)(nil)
	_ workloads.Lease    = (*Client)(nil)
)

// Get implements workloads.Versions.
func (c *Client) Get(ctx context.Context, key string) (value int, version int64, err error) {
	o, err := c.askObject(ctx, request{F: "get", Key: key})
	if err != nil {
		return 0, 0, err
	}
	return *o.Value, int64(o.Number), nil
}

// Put implements workloads.Versions.
func (c *Client) Put(ctx context.Context, key string, value int) (version int64, err error) {
	o, err := c.askObject(ctx, request{F: "put", Key: key, Value: &value})
	if err == nil && o.Number == 0 {
		err = errIncomplete
	}
	return int64(o.Number), err
}

// PutIf implements workloads.Versions.
func (c *Client) PutIf(ctx context.Context, key string, value int, version int64) (now int64, put bool, err error) {
	o, err := c.askObject(ctx, request{F: "put-if", Key: key, Value: &value, Old: new(int(version))})
	if err != nil {
		return 0, false, err
	}
	return int64(o.Number), *o.Swapped, nil
}

// Delete implements workloads.Versions.
func (c *Client) Delete(ctx context.Context, key string) (version int64, err error) {
	o, err := c.askObject(ctx, request{F: "delete", Key: key})
	return int64(o.Number), err
}

// Changes implements workloads.Watch: a node tells of those that it has seen.
func (c *Client) Changes(ctx context.Context, prefix string, after int64) (changes []workloads.Change, upto int64, err error) {
	o, err := c.askObject(ctx, request{F: "changes", Key: prefix, Value: new(int(after))})
	if err != nil {
		// Whoever only asked changed nothing.
		return nil, 0, workloads.NoEffect(err)
	}
	if o.Changes == nil {
		return nil, 0, workloads.NoEffect(errIncomplete)
	}
	for _, change := range o.Changes {
		changes = append(changes, workloads.Change{
			Key: change.Key, Value: change.Value, Version: int64(change.Revision), Deleted: change.Deleted,
		})
	}
	return changes, int64(o.Number), nil
}

// newOwner is a number under which no other connection holds locks.
func newOwner() int { return rand.IntN(1 << 62) }

// Acquire implements workloads.Lock. It does not wait.
func (c *Client) Acquire(ctx context.Context, lock string) (held bool, token int64, err error) {
	return c.acquire(ctx, lock, 0)
}

// AcquireFor implements workloads.Lease.
func (c *Client) AcquireFor(ctx context.Context, lock string, hold time.Duration) (held bool, token int64, err error) {
	if hold < time.Millisecond {
		return false, 0, workloads.NoEffect(fmt.Errorf("acquire: a lease of %s is too short: this target counts milliseconds", hold))
	}
	return c.acquire(ctx, lock, int((hold+time.Millisecond-1)/time.Millisecond))
}

func (c *Client) acquire(ctx context.Context, lock string, milliseconds int) (held bool, token int64, err error) {
	o, err := c.askObject(ctx, request{F: "acquire", Key: lock, Value: &c.owner, Old: &milliseconds})
	if err != nil {
		return false, 0, err
	}
	return *o.Swapped, int64(o.Number), nil
}

// Release implements workloads.Lock and workloads.Lease.
func (c *Client) Release(ctx context.Context, lock string) (released bool, err error) {
	o, err := c.askObject(ctx, request{F: "release", Key: lock, Value: &c.owner})
	if err != nil {
		return false, err
	}
	return *o.Swapped, nil
}
