package nats

import "context"

const versions = "versions"

// Get implements workloads.Versions.
func (c *client) Get(ctx context.Context, key string) (int, int64, error) {
	e, err := c.get(ctx, versions, key)
	if err != nil || !e.found {
		return 0, 0, err
	}
	return e.value, int64(e.version), nil
}

// Put implements workloads.Versions.
func (c *client) Put(ctx context.Context, key string, value int) (int64, error) {
	version, err := c.put(ctx, versions, key, value)
	return int64(version), err
}

// PutIf implements workloads.Versions. A key that is not there may have been deleted,
// and then has the version of that to be expected. Whoever is told that it was overtaken
// does not know: see turnedAway.
func (c *client) PutIf(ctx context.Context, key string, value int, version int64) (int64, bool, error) {
	expected := uint64(version)
	e, err := c.get(ctx, versions, key)
	switch {
	case err != nil:
		return 0, false, err
	case version == 0 && !e.found:
		expected = e.version
	case !e.found || e.version != expected:
		return 0, false, nil
	}
	now, err := c.putIf(ctx, versions, key, value, expected)
	return int64(now), err == nil, err
}

// Delete implements workloads.Versions. What is to be deleted is looked at first,
// because a bucket also marks what is not there.
func (c *client) Delete(ctx context.Context, key string) (int64, error) {
	e, err := c.get(ctx, versions, key)
	if err != nil || !e.found {
		return 0, err
	}
	version, err := c.deleteIf(ctx, versions, key, e.version)
	return int64(version), err
}
