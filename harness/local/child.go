//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// poll is how often a state that is waited for is looked at.
const poll = time.Millisecond

// groupPatience is how long the processes of a group may take to vanish after
// SIGKILL. Only a process that the kernel holds in a system call needs long.
const groupPatience = 5 * time.Second

// child is a process and everything that it has started: a process group.
type child struct {
	pid int
	// exited is closed when the processes are gone; remains is set before.
	exited  chan struct{}
	remains error
}

// spawn starts a command in a group of its own. It owns the log file, which
// gets a last line that says how the process ended.
func spawn(cmd *exec.Cmd, log *os.File) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	// The child reads the end of its standard input when this process is gone.
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	c := &child{exited: make(chan struct{})}
	started := make(chan error, 1)
	go c.parent(cmd, log, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// parent starts the command and waits for it. It keeps its thread for as long,
// because to Linux the parent whose death kills the child is the thread that
// made it, and Go ends threads as it likes.
func (c *child) parent(cmd *exec.Cmd, log *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer log.Close()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	c.pid = cmd.Process.Pid
	started <- nil
	err := cmd.Wait()
	if err == nil {
		fmt.Fprintln(log, "assay: the process has ended")
	} else {
		fmt.Fprintln(log, "assay: the process has ended:", err)
	}
	c.remains = endGroup(c.pid)
	close(c.exited)
}

// endGroup kills what is left of a group whose first process is gone, at once:
// later its number may belong to somebody else.
func endGroup(group int) error {
	for deadline := time.Now().Add(groupPatience); time.Now().Before(deadline); time.Sleep(poll) {
		if syscall.Kill(-group, syscall.SIGKILL) != nil || !groupLives(group) {
			return nil
		}
	}
	return fmt.Errorf("processes of group %d are left", group)
}

// lives tells whether the process has not been seen to end yet.
func (c *child) lives() bool {
	select {
	case <-c.exited:
		return false
	default:
		return true
	}
}

func (c *child) signal(s syscall.Signal) error { return syscall.Kill(-c.pid, s) }

// kill returns when the processes are gone.
func (c *child) kill(ctx context.Context) error {
	if c.lives() {
		if err := c.signal(syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	select {
	case <-c.exited:
		return c.remains
	case <-ctx.Done():
		return ctx.Err()
	}
}

// await polls the state until it is as wanted.
func (c *child) await(ctx context.Context, wanted func(cluster.State) bool) error {
	for {
		state, err := c.state()
		if err != nil || wanted(state) {
			return err
		}
		if !c.lives() {
			return errNotRunning
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}

// state observes the group's first process.
func (c *child) state() (cluster.State, error) {
	if !c.lives() {
		return cluster.Stopped, nil
	}
	return stateOf(c.pid)
}

// stateFrom translates the letter by which ps and /proc name a state.
func stateFrom(letter byte) cluster.State {
	switch letter {
	case 'T':
		return cluster.Paused
	case 'Z', 'X':
		return cluster.Stopped
	default:
		return cluster.Running
	}
}
