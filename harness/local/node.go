//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// The environment variables by which a node's process can be recognised.
const (
	runVariable  = "ASSAY_RUN"
	nodeVariable = "ASSAY_NODE"
)

// node is a cluster.Node: one child process at a time.
type node struct {
	name    string
	run     string
	program string
	spec    cluster.NodeSpec
	layout  *layout

	mu sync.Mutex
	// child is the last one; nil before the first start.
	child   *child
	retired bool
}

func newNode(run string, spec cluster.NodeSpec, l *layout) (*node, error) {
	// The child works in a folder of its own, where a relative path is another.
	program, err := exec.LookPath(spec.Program[0])
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return nil, fmt.Errorf("find the program of %s: %w", spec.Name, err)
	}
	if err := os.MkdirAll(l.Data(spec.Name), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of %s: %w", spec.Name, err)
	}
	return &node{name: spec.Name, run: run, program: program, spec: spec, layout: l}, nil
}

func (n *node) Name() string { return n.name }

func (n *node) Addr(port string) string { return n.layout.Listen(n.name, port) }

func (n *node) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.retired {
		return fmt.Errorf("start %s: its cluster is closed", n.name)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	if n.child != nil && n.child.lives() {
		return nil
	}
	if err := n.spawn(); err != nil {
		return fmt.Errorf("start %s: %w", n.name, err)
	}
	return nil
}

func (n *node) spawn() error {
	log, err := os.OpenFile(n.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	child, err := spawn(n.command(log), log)
	if err != nil {
		return err
	}
	n.child = child
	return remember(n.layout.home(n.name), record{PID: child.pid, Started: startOf(child.pid)})
}

func (n *node) command(log *os.File) *exec.Cmd {
	args := append(append([]string{}, n.spec.Program[1:]...), n.spec.Args...)
	cmd := exec.Command(n.program, args...)
	cmd.Dir = n.layout.home(n.name)
	cmd.Env = append(append(os.Environ(), n.spec.Env...), runVariable+"="+n.run, nodeVariable+"="+n.name)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd
}

func (n *node) logPath() string { return filepath.Join(n.layout.home(n.name), "log") }

func (n *node) Kill(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kill(ctx)
}

func (n *node) kill(ctx context.Context) error {
	if n.child == nil {
		return nil
	}
	if err := n.child.kill(ctx); err != nil {
		return fmt.Errorf("kill %s: %w", n.name, err)
	}
	return nil
}

// Stop implements cluster.Stopper. A paused node hears only when it is thawed.
func (n *node) Stop(ctx context.Context, patience time.Duration) (polite bool, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.child == nil || !n.child.lives() {
		return true, nil
	}
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGCONT} {
		if err := n.child.signal(s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return false, fmt.Errorf("stop %s: %w", n.name, err)
		}
	}
	select {
	case <-n.child.exited:
		return true, n.child.remains
	case <-time.After(patience):
	case <-ctx.Done():
	}
	return false, n.kill(ctx)
}

// retire kills the node for good.
func (n *node) retire(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.retired = true
	return n.kill(ctx)
}

func (n *node) Pause(ctx context.Context) error {
	return n.signal(ctx, "pause", syscall.SIGSTOP, func(s cluster.State) bool { return s == cluster.Paused })
}

// Resume of a node that does not run has nothing to thaw and is no error.
func (n *node) Resume(ctx context.Context) error {
	err := n.signal(ctx, "resume", syscall.SIGCONT, func(s cluster.State) bool { return s != cluster.Paused })
	if errors.Is(err, errNotRunning) {
		return nil
	}
	return err
}

var errNotRunning = errors.New("it does not run")

// signal signals the node's processes and returns when the effect is seen.
func (n *node) signal(ctx context.Context, what string, s syscall.Signal, seen func(cluster.State) bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.child == nil || !n.child.lives() {
		return fmt.Errorf("%s %s: %w", what, n.name, errNotRunning)
	}
	if err := n.child.signal(s); err != nil {
		return fmt.Errorf("%s %s: %w", what, n.name, err)
	}
	if err := n.child.await(ctx, seen); err != nil {
		return fmt.Errorf("%s %s: %w", what, n.name, err)
	}
	return nil
}

func (n *node) State(context.Context) (cluster.State, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.child == nil {
		return cluster.Stopped, nil
	}
	state, err := n.child.state()
	if err != nil {
		return cluster.Unseen, fmt.Errorf("observe %s: %w", n.name, err)
	}
	return state, nil
}

func (n *node) Logs(_ context.Context, w io.Writer) error {
	log, err := os.Open(n.logPath())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", n.name, err)
	}
	defer log.Close()
	if _, err := io.Copy(w, log); err != nil {
		return fmt.Errorf("read the log of %s: %w", n.name, err)
	}
	return nil
}
