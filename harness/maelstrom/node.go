//go:build unix

package maelstrom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/lines"
)

// mostWaiting is how many messages may wait for a node to read them; one that is paused
// for long loses those beyond.
const mostWaiting = 100_000

// mostLogged is how many bytes of a node's log are kept.
const mostLogged = 64 << 20

// Node is a program that speaks Maelstrom's protocol. It implements cluster.Node.
type Node struct {
	name    string
	cluster *Cluster
	log     string

	// changing is held while the process is started or ended.
	changing sync.Mutex

	mu  sync.Mutex
	now *incarnation
}

// incarnation is a node from its start to its end.
type incarnation struct {
	node    *Node
	process *lines.Process
	log     *os.File

	mu      sync.Mutex
	arrived *sync.Cond
	inbox   [][]byte
	ended   bool
	// ready is closed when it has answered its first message; after that others are
	// passed on to it.
	ready     chan struct{}
	gotReady  bool
	complains int
}

var (
	_ cluster.Node    = (*Node)(nil)
	_ cluster.Stopper = (*Node)(nil)
)

// Name implements cluster.Node.
func (n *Node) Name() string { return n.name }

// Addr implements cluster.Node. There are no addresses: clients send messages.
func (n *Node) Addr(string) string { return "" }

// Start implements cluster.Node. The program begins anew, with nothing but what it has
// written into its folder.
func (n *Node) Start(ctx context.Context) error {
	n.changing.Lock()
	defer n.changing.Unlock()
	if n.cluster.closed.Load() {
		return fmt.Errorf("start %s: its cluster is closed", n.name)
	}
	if err := ctx.Err(); err != nil || n.lives() {
		return err
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	i := &incarnation{node: n, log: log, ready: make(chan struct{})}
	i.arrived = sync.NewCond(&i.mu)
	i.process, err = lines.Start(lines.Command{Args: n.cluster.program, Stderr: &limited{file: log}})
	if err != nil {
		log.Close()
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	n.mu.Lock()
	n.now = i
	n.mu.Unlock()
	n.cluster.running.Go(i.write)
	n.cluster.running.Go(i.read)
	n.cluster.running.Go(i.greet)
	return nil
}

// current is the incarnation that runs, if any.
func (n *Node) current() *incarnation {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

func (n *Node) lives() bool {
	i := n.current()
	if i == nil {
		return false
	}
	select {
	case <-i.process.Exited():
		return false
	default:
		return true
	}
}

// deliver passes a message on, unless the node does not run or is not ready for it.
func (n *Node) deliver(m message) {
	if i := n.current(); i != nil {
		line, err := json.Marshal(m)
		if err == nil {
			i.put(line, false)
		}
	}
}

// put queues a line. Before the node is ready only its first messages pass.
func (i *incarnation) put(line []byte, first bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.ended || !first && !i.gotReady || len(i.inbox) >= mostWaiting {
		return
	}
	i.inbox = append(i.inbox, line)
	i.arrived.Signal()
}

// write feeds the program.
func (i *incarnation) write() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		i.mu.Lock()
		for len(i.inbox) == 0 && !i.ended {
			i.arrived.Wait()
		}
		if i.ended {
			i.mu.Unlock()
			return
		}
		line := i.inbox[0]
		i.inbox = i.inbox[1:]
		i.mu.Unlock()
		if i.process.Send(ctx, line) != nil {
			return // it has ended, which whoever reads notices
		}
	}
}

// read hands on what the program says until it ends.
func (i *incarnation) read() {
	for line := range i.process.Lines() {
		m, err := parse(line, i.node.name)
		if err == nil {
			err = i.node.cluster.route(m)
		}
		if err != nil {
			i.complain(err)
		}
	}
	<-i.process.Exited()
	i.mu.Lock()
	i.ended = true
	i.arrived.Broadcast()
	i.mu.Unlock()
	fmt.Fprintf(i.log, "assay: the program has ended: %v\n", i.process.End())
	i.log.Close()
}

// complain tells what the program has done wrong, the first times to the user too.
func (i *incarnation) complain(err error) {
	i.mu.Lock()
	i.complains++
	first := i.complains == 1
	i.mu.Unlock()
	if i.complains < 1000 {
		fmt.Fprintf(i.log, "assay: %v\n", err)
	}
	if first {
		fmt.Fprintf(i.node.cluster.logTo, "%s: %v (further ones are in its log)\n", i.node.name, err)
	}
}

// greet introduces the node to itself, and lets others speak to it then.
func (i *incarnation) greet() {
	c := i.node.cluster
	asker := c.newAsker()
	defer c.forget(asker)
	first := map[string]any{"type": "init", "node_id": i.node.name, "node_ids": c.names()}
	if err := i.introduce(asker, first); err != nil {
		i.complain(fmt.Errorf("it did not answer init: %w", err))
		return
	}
	if c.kind.topology {
		topology := map[string]any{"type": "topology", "topology": neighbours(c.names())}
		if err := i.introduce(asker, topology); err != nil {
			i.complain(fmt.Errorf("it did not answer topology: %w", err))
			return
		}
	}
	i.mu.Lock()
	i.gotReady = true
	i.mu.Unlock()
	close(i.ready)
}

// greeting is how long a program may take to answer its first messages.
const greeting = time.Minute

// introduce sends a first message and waits for its answer. It takes no part in the
// network's faults: it is how the node comes to be one.
func (i *incarnation) introduce(a *asker, content map[string]any) error {
	ctx, cancel := context.WithTimeout(context.Background(), greeting)
	defer cancel()
	send := func(m message) {
		if line, err := json.Marshal(m); err == nil {
			i.put(line, true)
		}
	}
	_, err := a.ask(ctx, i.node.name, content, send, i.process.Exited())
	return err
}

// isReady says whether clients can use the node.
func (n *Node) isReady() error {
	i := n.current()
	if i == nil || !n.lives() {
		return errors.New("it does not run")
	}
	select {
	case <-i.ready:
		return nil
	default:
		return errors.New("it has not answered init")
	}
}

// Kill implements cluster.Node.
func (n *Node) Kill(context.Context) error {
	n.changing.Lock()
	defer n.changing.Unlock()
	if i := n.current(); i != nil {
		i.process.Kill()
	}
	return nil
}

// Stop implements cluster.Stopper. A paused node hears only when it is thawed.
func (n *Node) Stop(ctx context.Context, patience time.Duration) (polite bool, err error) {
	n.changing.Lock()
	defer n.changing.Unlock()
	i := n.current()
	if i == nil || !n.lives() {
		return true, nil
	}
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT} {
		// It may have ended at the first one, and nobody have noticed yet.
		if err := i.process.Signal(s); err != nil && !errors.Is(err, syscall.ESRCH) && n.lives() {
			return false, fmt.Errorf("stop %s: %w", n.name, err)
		}
	}
	select {
	case <-i.process.Exited():
		return true, nil
	case <-time.After(patience):
	case <-ctx.Done():
	}
	i.process.Kill()
	return false, nil
}

// Pause implements cluster.Node.
func (n *Node) Pause(ctx context.Context) error {
	return n.signal(ctx, "pause", syscall.SIGSTOP, cluster.Paused)
}

// Resume implements cluster.Node. A node that does not run has nothing to thaw.
func (n *Node) Resume(ctx context.Context) error {
	if !n.lives() {
		return nil
	}
	return n.signal(ctx, "resume", syscall.SIGCONT, cluster.Running)
}

// signal signals the node and returns when the effect is seen.
func (n *Node) signal(ctx context.Context, what string, s syscall.Signal, want cluster.State) error {
	i := n.current()
	if i == nil {
		return fmt.Errorf("%s %s: it does not run", what, n.name)
	}
	if err := i.process.Signal(s); err != nil {
		return fmt.Errorf("%s %s: %w", what, n.name, err)
	}
	for {
		seen, err := n.State(ctx)
		if err != nil || seen == want {
			return err
		}
		if seen == cluster.Stopped {
			return fmt.Errorf("%s %s: it has ended", what, n.name)
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s %s: %w", what, n.name, context.Cause(ctx))
		}
	}
}

// State implements cluster.Node.
func (n *Node) State(context.Context) (cluster.State, error) {
	i := n.current()
	if i == nil || !n.lives() {
		return cluster.Stopped, nil
	}
	stopped, err := i.process.Stopped()
	switch {
	case err != nil && !n.lives():
		return cluster.Stopped, nil
	case err != nil:
		return cluster.Unseen, fmt.Errorf("observe %s: %w", n.name, err)
	case stopped:
		return cluster.Paused, nil
	}
	return cluster.Running, nil
}

// Logs implements cluster.Node: what the node printed on standard error.
func (n *Node) Logs(_ context.Context, w io.Writer) error {
	log, err := os.Open(n.log)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", n.name, err)
	}
	defer log.Close()
	_, err = io.Copy(w, log)
	return err
}

// limited writes to a file until that is large enough.
type limited struct{ file *os.File }

func (l *limited) Write(p []byte) (int, error) {
	if info, err := l.file.Stat(); err == nil && info.Size() < mostLogged {
		_, _ = l.file.Write(p) // that it cannot be kept must not end a run
	}
	return len(p), nil
}

func logPath(dir, node string) string { return filepath.Join(dir, node+".log") }
