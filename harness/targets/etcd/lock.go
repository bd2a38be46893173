package etcd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// ttlSetting is the setting for how long a lock outlives its holder.
func ttlSetting() cluster.Setting {
	return cluster.Setting{Key: "ttl", Default: "10", Harmless: true, About: "after how many seconds without a sign of its holder a lock is given to others", Choices: []cluster.Choice{
		{Value: "2", About: "the shortest that etcd grants: pauses and partitions cost a lock"},
		{Value: "10", About: "as etcdctl's lock command has it"},
		{Value: "60", About: "as etcd's client library has it"},
	}}
}

func ttl(cfg cluster.Config) (int, error) {
	seconds, err := strconv.Atoi(setting(cfg, "ttl"))
	if err != nil || seconds < 1 {
		return 0, fmt.Errorf("setting ttl=%s: allowed are whole numbers of seconds", setting(cfg, "ttl"))
	}
	return seconds, nil
}

// locks is what a client holds.
type locks struct {
	ttl int
	// session may be given up while an operation that hangs still opens it: opening
	// guards that, and closed says that there will be none any more.
	session atomic.Pointer[concurrency.Session]
	opening sync.Mutex
	closed  bool
	mutexes map[string]*concurrency.Mutex
	// leased are the revisions at which keys with a lease were made.
	leased map[string]int64
}

// Acquire implements workloads.Lock by the mutex of etcd's client, which rests on a
// session that the client keeps alive: a holder that cannot be heard for long loses
// it. It does not wait. The token is the store's revision, which has grown since
// anybody held the lock before.
func (c *client) Acquire(ctx context.Context, lock string) (held bool, token int64, err error) {
	session, err := c.openSession(ctx)
	if err != nil {
		return false, 0, workloads.NoEffect(fmt.Errorf("open a session: %w", err))
	}
	mutex := concurrency.NewMutex(session, "lock/"+lock)
	err = sent(ctx, mutex.TryLock)
	switch {
	case errors.Is(err, concurrency.ErrLocked):
		return false, 0, nil
	case err != nil:
		return false, 0, err
	}
	c.locks.mutexes[lock] = mutex
	return true, mutex.Header().Revision, nil
}

// sent executes several requests. Only if not even the first one left is it certain
// that there was no effect: a later one that was turned away says nothing about it.
func sent(ctx context.Context, requests func(context.Context) error) error {
	var left atomic.Bool
	err := requests(context.WithValue(ctx, leftKey{}, &left))
	if err != nil && !left.Load() && !errors.Is(err, concurrency.ErrLocked) {
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	}
	return err
}

// openSession is the client's session, a new one if it has lost it.
func (c *client) openSession(ctx context.Context) (*concurrency.Session, error) {
	if s := c.locks.session.Load(); s != nil {
		select {
		case <-s.Done():
		default:
			return s, nil
		}
	}
	// The session lives as long as the client, the request to open it no longer than
	// the operation.
	lease, err := c.remote.Grant(ctx, int64(c.locks.ttl))
	if err != nil {
		return nil, err
	}
	session, err := c.locks.keepAlive(c.remote, lease.ID)
	if err != nil {
		return nil, err
	}
	c.locks.mutexes = map[string]*concurrency.Mutex{}
	return session, nil
}

// keepAlive makes a session of a lease, unless the client was closed meanwhile: etcd's
// client that begins to keep a lease alive just while it is closed never ends that, and
// nobody else can.
func (l *locks) keepAlive(remote *clientv3.Client, lease clientv3.LeaseID) (*concurrency.Session, error) {
	l.opening.Lock()
	defer l.opening.Unlock()
	if l.closed {
		return nil, errors.New("the client was closed")
	}
	session, err := concurrency.NewSession(remote, concurrency.WithLease(lease), concurrency.WithTTL(l.ttl))
	if err != nil || session == nil {
		return nil, errors.Join(errors.New("its lease cannot be kept alive"), err)
	}
	l.session.Store(session)
	return session, nil
}

// Release implements workloads.Lock and workloads.Lease: the key is deleted if it is
// still the one that was made.
func (c *client) Release(ctx context.Context, lock string) (released bool, err error) {
	if revision, held := c.locks.leased[lock]; held {
		key := leaseKey(lock)
		released, err = c.commit(ctx, clientv3.Compare(clientv3.CreateRevision(key), "=", revision), clientv3.OpDelete(key))
		if err == nil {
			delete(c.locks.leased, lock)
		}
		return released, err
	}
	mutex, held := c.locks.mutexes[lock]
	if !held {
		return false, nil
	}
	released, err = c.commit(ctx, mutex.IsOwner(), clientv3.OpDelete(mutex.Key()))
	if err == nil {
		delete(c.locks.mutexes, lock)
	}
	return released, err
}

// AcquireFor implements workloads.Lease: a key with a lease that nobody keeps alive.
// etcd counts in seconds and grants no less than two, so that a lock may be held for
// longer than was asked for.
func (c *client) AcquireFor(ctx context.Context, lock string, hold time.Duration) (held bool, token int64, err error) {
	lease, err := c.remote.Grant(ctx, int64((hold+time.Second-1)/time.Second))
	if err != nil {
		return false, 0, workloads.NoEffect(fmt.Errorf("grant a lease: %w", err))
	}
	key := leaseKey(lock)
	answer, held, err := c.execute(ctx,
		[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), "=", 0)},
		[]clientv3.Op{clientv3.OpPut(key, strconv.FormatInt(int64(lease.ID), 16), clientv3.WithLease(lease.ID))}, false)
	if err != nil || !held {
		return false, 0, err
	}
	if c.locks.leased == nil {
		c.locks.leased = map[string]int64{}
	}
	c.locks.leased[lock] = answer.Header.Revision
	return true, answer.Header.Revision, nil
}

// orphan leaves everything to its time to live. A client that is gone has released
// nothing, and a lease that is revoked would say so on its behalf.
func (l *locks) orphan() {
	l.opening.Lock()
	l.closed = true
	l.opening.Unlock()
	if session := l.session.Swap(nil); session != nil {
		session.Orphan()
	}
}

func leaseKey(lock string) string { return "lease/" + lock }
