package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/go-zookeeper/zk"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// The folders, made by Ready. What is written before a read stands in marks.
const (
	registers   = "/register"
	sets        = "/set"
	locks       = "/lock"
	identifiers = "/identifiers"
	marks       = "/mark"
)

func folders() []string { return []string{registers, sets, locks, identifiers, marks} }

// client works through one server. It implements workloads.Register, workloads.Set,
// workloads.Lock, workloads.Identifiers and workloads.Leadership.
type client struct {
	*session
	address string
	reads   string
	// held are the nodes of the locks that this client holds.
	held map[string]string
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return &client{} }

// Close implements cluster.Client.
func (c *client) Close() error { return c.session.Close() }

func everyone() []zk.ACL { return zk.WorldACL(zk.PermAll) }

// latest does before a read what the setting says.
func latest(remote *zk.Conn, how string) error {
	switch how {
	case "sync":
		_, err := remote.Sync(registers)
		return err
	case "write":
		_, err := remote.Set(marks, nil, -1)
		return err
	}
	return nil
}

// harmless marks the error of what changes nothing, whatever became of it.
func harmless(err error) error { return workloads.NoEffect(err) }

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (int, bool, error) {
	text, err := do(ctx, c.session, func(remote *zk.Conn) ([]byte, error) {
		if err := latest(remote, c.reads); err != nil {
			return nil, err
		}
		text, _, err := remote.Get(path.Join(registers, key))
		return text, err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, harmless(err)
	}
	value, err := strconv.Atoi(string(text))
	return value, err == nil, err
}

// Write implements workloads.Register: a key becomes a file with the first write. Who
// finds it neither there to be set nor absent to be made was overtaken, and tries again.
func (c *client) Write(ctx context.Context, key string, value int) error {
	name, text := path.Join(registers, key), []byte(strconv.Itoa(value))
	_, err := do(ctx, c.session, func(remote *zk.Conn) (none struct{}, err error) {
		if _, err = remote.Set(name, text, -1); !errors.Is(err, zk.ErrNoNode) {
			return none, err
		}
		if _, err = remote.Create(name, text, 0, everyone()); errors.Is(err, zk.ErrNodeExists) {
			_, err = remote.Set(name, text, -1) // files are never deleted
		}
		return none, err
	})
	return err
}

// CompareAndSet implements workloads.Register. A read finds the value and its version,
// and the write is made if that is still the version. Where the values differ this is
// confirmed in the same way, by a transaction that checks the version and changes
// nothing: a read alone may be old.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	name := path.Join(registers, key)
	return do(ctx, c.session, func(remote *zk.Conn) (bool, error) {
		for ctx.Err() == nil {
			if err := latest(remote, "sync"); err != nil {
				return false, harmless(err)
			}
			text, stat, err := remote.Get(name)
			switch {
			case errors.Is(err, zk.ErrNoNode):
				err = absent(remote, name)
			case err != nil:
				return false, harmless(err)
			case string(text) == strconv.Itoa(old):
				_, err = remote.Set(name, []byte(strconv.Itoa(new)), stat.Version)
				if !errors.Is(err, zk.ErrBadVersion) {
					return err == nil, err
				}
			default:
				_, err = remote.Multi(&zk.CheckVersionRequest{Path: name, Version: stat.Version})
			}
			if err == nil {
				return false, nil
			}
			if !overtaken(err) {
				return false, harmless(err)
			}
		}
		return false, harmless(context.Cause(ctx))
	})
}

// absent is a transaction that can be done only where there is no such file, and that
// leaves none.
func absent(remote *zk.Conn, name string) error {
	_, err := remote.Multi(
		&zk.CreateRequest{Path: name, Acl: everyone()},
		&zk.DeleteRequest{Path: name, Version: -1})
	return err
}

// overtaken says whether somebody else was quicker.
func overtaken(err error) bool {
	return errors.Is(err, zk.ErrBadVersion) || errors.Is(err, zk.ErrNodeExists) || errors.Is(err, zk.ErrNoNode)
}

// Add implements workloads.Set: an element is an empty file in the folder of its set.
// One that is there already was added.
func (c *client) Add(ctx context.Context, set string, element int) error {
	folder := path.Join(sets, set)
	name := path.Join(folder, strconv.Itoa(element))
	_, err := do(ctx, c.session, func(remote *zk.Conn) (none struct{}, err error) {
		if _, err = remote.Create(name, nil, 0, everyone()); errors.Is(err, zk.ErrNoNode) {
			if err = makeFolder(remote, folder); err == nil {
				_, err = remote.Create(name, nil, 0, everyone())
			}
		}
		if errors.Is(err, zk.ErrNodeExists) {
			err = nil
		}
		return none, err
	})
	return err
}

// makeFolder makes a folder that may be there.
func makeFolder(remote *zk.Conn, name string) error {
	_, err := remote.Create(name, nil, 0, everyone())
	if errors.Is(err, zk.ErrNodeExists) {
		return nil
	}
	return err
}

// Elements implements workloads.Set: the files of a folder, in one answer.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	names, err := do(ctx, c.session, func(remote *zk.Conn) ([]string, error) {
		if err := latest(remote, c.reads); err != nil {
			return nil, err
		}
		names, _, err := remote.Children(path.Join(sets, set))
		return names, err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return nil, nil
	}
	if err != nil {
		return nil, harmless(err)
	}
	found := make([]int, len(names))
	for i, name := range names {
		if found[i], err = strconv.Atoi(name); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Generate implements workloads.Identifiers: ZooKeeper numbers the files of a folder
// for whoever asks for that. The file is taken away again if that can be done.
func (c *client) Generate(ctx context.Context) (int64, error) {
	return do(ctx, c.session, func(remote *zk.Conn) (int64, error) {
		name, err := remote.Create(identifiers+"/", nil, zk.FlagSequence, everyone())
		if err != nil {
			return 0, err
		}
		number, err := strconv.ParseInt(path.Base(name), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("the name %q that ZooKeeper gave is no number: %w", name, err)
		}
		_ = remote.Delete(name, -1)
		return number, nil
	})
}
