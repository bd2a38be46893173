package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/go-zookeeper/zk"
)

// Acquire implements workloads.Lock as ZooKeeper's recipe does: who wants the lock
// makes a numbered file that goes with its session, and whose file has the lowest
// number holds it. The folder is read after the file was made, by the server that made
// it, and so has all files with lower numbers that are still there. The fencing token
// is the number of the transaction that made the file.
//
// It waits half of the time that it has, then takes its file away again. One that
// holds the lock already queues behind itself.
func (c *client) Acquire(ctx context.Context, lock string) (held bool, token int64, err error) {
	patience := time.Second
	if end, ok := ctx.Deadline(); ok {
		patience = time.Until(end) / 2
	}
	ticket, err := do(ctx, c.session, func(remote *zk.Conn) (ticket, error) {
		t, err := enter(remote, path.Join(locks, lock))
		if err != nil {
			return t, err
		}
		return t, t.wait(remote, patience)
	})
	if err != nil || !ticket.first {
		return false, 0, err
	}
	if c.held == nil {
		c.held = map[string]string{}
	}
	c.held[lock] = ticket.name
	return true, ticket.token, nil
}

// ticket is a place in the queue for a lock.
type ticket struct {
	name  string
	token int64
	first bool
}

// enter makes the file.
func enter(remote *zk.Conn, folder string) (t ticket, err error) {
	t.name, err = number(remote, folder)
	if errors.Is(err, zk.ErrNoNode) {
		if err = makeFolder(remote, folder); err == nil {
			t.name, err = number(remote, folder)
		}
	}
	return t, err
}

func number(remote *zk.Conn, folder string) (name string, err error) {
	return remote.Create(folder+"/", nil, zk.FlagEphemeral|zk.FlagSequence, everyone())
}

// wait returns when the lock is held, or, after a time, without it. Its errors say
// nothing of whether the file is still there.
func (t *ticket) wait(remote *zk.Conn, patience time.Duration) error {
	if err := t.queue(remote, patience); err != nil {
		return fmt.Errorf("in the queue for the lock: %v", err)
	}
	return nil
}

// queue looks at the files again and again; watching the one ahead would spare a
// server of thousands of clients some work.
func (t *ticket) queue(remote *zk.Conn, patience time.Duration) error {
	for end := time.Now().Add(patience); ; time.Sleep(pause) {
		names, _, err := remote.Children(path.Dir(t.name))
		if err != nil {
			return err
		}
		if !slices.Contains(names, path.Base(t.name)) {
			return nil // the session has ended, and the file with it
		}
		if slices.Min(names) == path.Base(t.name) {
			return t.hold(remote)
		}
		if time.Now().After(end) {
			return gone(remote.Delete(t.name, -1))
		}
	}
}

// hold finds out the token.
func (t *ticket) hold(remote *zk.Conn) error {
	_, stat, err := remote.Get(t.name)
	if err != nil {
		return gone(err)
	}
	t.first, t.token = true, stat.Czxid
	return nil
}

// gone is the error of what was asked of a file: that it is not there is none.
func gone(err error) error {
	if errors.Is(err, zk.ErrNoNode) {
		return nil
	}
	return err
}

// Release implements workloads.Lock. A file that is not there went with a session that
// the servers held to be dead.
func (c *client) Release(ctx context.Context, lock string) (bool, error) {
	name, ok := c.held[lock]
	if !ok {
		return false, nil
	}
	released, err := do(ctx, c.session, func(remote *zk.Conn) (bool, error) {
		err := remote.Delete(name, -1)
		return err == nil, gone(err)
	})
	if err == nil {
		delete(c.held, lock)
	}
	return released, err
}
