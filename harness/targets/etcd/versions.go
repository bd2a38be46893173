package etcd

import (
	"context"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Versions are etcd's revisions: one number that grows with every change of any key.

// Get implements workloads.Versions.
func (c *client) Get(ctx context.Context, key string) (value int, version int64, err error) {
	answer, err := c.remote.Get(ctx, versioned+key, c.reads...)
	if err != nil || len(answer.Kvs) == 0 {
		return 0, 0, harmless(err)
	}
	value, err = strconv.Atoi(string(answer.Kvs[0].Value))
	return value, answer.Kvs[0].ModRevision, harmless(err)
}

// Put implements workloads.Versions.
func (c *client) Put(ctx context.Context, key string, value int) (version int64, err error) {
	err = call(ctx, func(ctx context.Context) error {
		answer, err := c.remote.Put(ctx, versioned+key, strconv.Itoa(value))
		if err == nil {
			version = answer.Header.Revision
		}
		return err
	})
	return version, err
}

// PutIf implements workloads.Versions. A key that is not there has the revision 0.
func (c *client) PutIf(ctx context.Context, key string, value int, version int64) (now int64, put bool, err error) {
	answer, put, err := c.execute(ctx,
		[]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(versioned+key), "=", version)},
		[]clientv3.Op{clientv3.OpPut(versioned+key, strconv.Itoa(value))}, false)
	if err != nil || !put {
		return 0, false, err
	}
	return answer.Header.Revision, true, nil
}

// Delete implements workloads.Versions.
func (c *client) Delete(ctx context.Context, key string) (version int64, err error) {
	err = call(ctx, func(ctx context.Context) error {
		answer, err := c.remote.Delete(ctx, versioned+key)
		if err == nil && answer.Deleted > 0 {
			version = answer.Header.Revision
		}
		return err
	})
	return version, err
}

const versioned = "version/"
