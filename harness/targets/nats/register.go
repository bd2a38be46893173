package nats

import "context"

const registers = "register"

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (int, bool, error) {
	e, err := c.get(ctx, registers, key)
	return e.value, e.found, err
}

// Write implements workloads.Register.
func (c *client) Write(ctx context.Context, key string, value int) error {
	_, err := c.put(ctx, registers, key, value)
	return err
}

// CompareAndSet implements workloads.Register: buckets compare versions, so read the
// value with its version, and write if that is still the last one. A key that was never
// written equals no value. Whoever is told that it was overtaken does not know: see
// turnedAway.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	e, err := c.get(ctx, registers, key)
	if err != nil || !e.found || e.value != old {
		return false, err
	}
	_, err = c.putIf(ctx, registers, key, new, e.version)
	return err == nil, err
}
