//go:build linux

package agent

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/assaykit/assay/nemesis/agent/clock"
	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// clocks keeps the clocks of nodes as they are to be. A process that begins after
// a skew was set has the machine's clock until it is found, which takes at most a
// glance.
type clocks struct {
	mu sync.Mutex
	// nodes are those with a skew, and begun what has begun in them since, by name.
	nodes []protocol.Node
	begun map[string]*beginnings
	// stop ends the watch, which runs while there are any, and ended is closed
	// thereafter.
	stop, ended chan struct{}
}

// glance is how often the processes of nodes are looked at.
const glance = 5 * time.Millisecond

// set makes exactly these skews hold.
func (c *clocks) set(nodes []protocol.Node) protocol.Response {
	c.rest()
	c.mu.Lock()
	defer c.mu.Unlock()
	failed := &failures{}
	before := c.begun
	c.nodes, c.begun = nil, map[string]*beginnings{}
	for _, node := range nodes {
		all, err := adjust(node, time.Now())
		failed.add(node.Name, err)
		if node.Skew != nil {
			c.nodes = append(c.nodes, node)
			c.begun[node.Name] = before[node.Name].goOn(node, all)
		}
	}
	if len(c.nodes) > 0 {
		c.stop, c.ended = make(chan struct{}), make(chan struct{})
		go c.watch(c.stop, c.ended)
	}
	return protocol.Response{Failed: failed.byNode}
}

// rest ends the watch.
func (c *clocks) rest() {
	c.mu.Lock()
	stop, ended := c.stop, c.ended
	c.stop = nil
	c.mu.Unlock()
	if stop != nil {
		close(stop)
		<-ended
	}
}

// heal gives all processes the machine's clock back.
func (c *clocks) heal() error {
	c.rest()
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, node := range c.nodes {
		node.Skew = nil
		if _, err := adjust(node, time.Now()); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("clock of %s: %w", node.Name, err))
		}
	}
	c.nodes, c.begun = nil, nil
	return errors.Join(errs...)
}

// watch adjusts new processes, and lets clocks strobe.
func (c *clocks) watch(stop, ended chan struct{}) {
	defer close(ended)
	look := time.NewTicker(glance)
	defer look.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-look.C:
			c.mu.Lock()
			for _, node := range c.nodes {
				// Whether it worked shows when the times are read: processes end and
				// begin at any moment.
				all, _ := adjust(node, now)
				c.begun[node.Name].note(all)
			}
			c.mu.Unlock()
		}
	}
}

// adjust gives all processes of a node the skew that is due, and says which those are.
func adjust(node protocol.Node, now time.Time) (all []int, err error) {
	due := dueAt(node.Skew, now)
	err = eachProcess(node, func(pid int) error {
		all = append(all, pid)
		if holds, err := clock.Holds(pid, due); err == nil && holds {
			return nil
		}
		return clock.Set(pid, due)
	})
	return all, err
}

// dueAt is the skew at a moment; of one that strobes, half of the time none.
func dueAt(s *protocol.Skew, now time.Time) clock.Skew {
	if s == nil {
		return clock.Skew{}
	}
	since := time.Unix(0, s.Since)
	if s.Strobe > 0 && now.Sub(since)/time.Duration(s.Strobe)%2 == 1 {
		return clock.Skew{}
	}
	return clock.Skew{Offset: time.Duration(s.Offset), Drift: s.Drift, Since: since}
}

// eachProcess does something with each process of a node. A process that has ended
// meanwhile, or that is about to become another program, is passed over.
func eachProcess(node protocol.Node, do func(pid int) error) error {
	own, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", node.PID))
	if err != nil {
		return err
	}
	if err := belongs(node); err != nil {
		return err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if space, err := os.Readlink("/proc/" + entry.Name() + "/ns/pid"); err != nil || space != own {
			continue
		}
		if err := do(pid); err != nil && !passing(err) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// belongs makes sure that the node's process is still the node's.
func belongs(node protocol.Node) error {
	space, err := openNamespace(node)
	if err != nil {
		return err
	}
	return space.close()
}

// passing says that a process cannot be read because it has just ended, or has not
// yet begun.
func passing(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrProcessDone) || errors.Is(err, clock.ErrNoVDSO)
}

// times reads the clocks of nodes from the memory of their processes.
func (c *clocks) times(nodes []protocol.Node) protocol.Response {
	var r protocol.Response
	failed := &failures{}
	for _, node := range nodes {
		now := time.Now().Round(0) // as a time of day
		told := protocol.NodeClock{Node: node.Name, At: now.UnixNano(), Began: c.begunIn(node.Name)}
		failed.add(node.Name, eachProcess(node, func(pid int) error {
			skew, err := clock.Get(pid)
			if err != nil {
				return err
			}
			ahead := int64(skew.At(now).Sub(now))
			if told.Processes++; told.Processes == 1 {
				told.Least, told.Most = ahead, ahead
			}
			told.Least, told.Most = min(told.Least, ahead), max(told.Most, ahead)
			return nil
		}))
		r.Clocks = append(r.Clocks, told)
	}
	r.Failed = failed.byNode
	return r
}
