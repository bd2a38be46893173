//go:build unix

// Package lines runs child processes that are spoken to in lines: one on their
// standard input, one on their standard output. A child ends with this process, and
// whatever it has started ends with it. What the lines mean is no affair of this
// package.
package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Longest is how many bytes a line may have.
const Longest = 16 << 20

// lastWords is how long what was printed last may take to arrive.
const lastWords = 2 * time.Second

// Command is what to start. The zero values of all fields but Args are safe.
type Command struct {
	// Args are the program and its arguments.
	Args []string
	// Dir is where it works, empty for here.
	Dir string
	// Env are variables beside those of this process.
	Env []string
	// Stderr gets what the child prints there; nil is nobody. Writing to it must
	// not block for ever.
	Stderr io.Writer
}

// Process is a child and everything that it has started.
type Process struct {
	cmd           *exec.Cmd
	stdin, stderr *os.File
	lines         chan []byte
	// readErr is why there are no more lines; it is set before lines is closed.
	readErr error
	// quit ends the reader when nobody takes its lines any more.
	quit     chan struct{}
	quitOnce sync.Once
	// said is closed when standard error has ended.
	said chan struct{}
	// exited is closed when all processes are gone; ended is set before.
	exited chan struct{}
	ended  error
}

// Start starts a child. The error says which program could not be started.
func Start(c Command) (*Process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("start a program: no program is named")
	}
	p := &Process{
		cmd: exec.Command(c.Args[0], c.Args[1:]...), lines: make(chan []byte, 16),
		quit: make(chan struct{}), said: make(chan struct{}), exited: make(chan struct{}),
	}
	p.cmd.Dir, p.cmd.Env = c.Dir, append(os.Environ(), c.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(p.cmd.SysProcAttr)
	if err := p.start(c.Stderr); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	return p, nil
}

// start makes the pipes by hand, because those of package exec have no deadlines
// for writing and close themselves under their reader.
func (p *Process) start(stderr io.Writer) (err error) {
	var theirs, ours [3]*os.File
	for i := range theirs {
		if theirs[i], ours[i], err = os.Pipe(); err != nil {
			return errors.Join(err, closeAll(theirs[:i]), closeAll(ours[:i]))
		}
	}
	ours[1], theirs[1] = theirs[1], ours[1] // a pipe's first end is read
	ours[2], theirs[2] = theirs[2], ours[2]
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs[0], theirs[1], theirs[2]
	p.stdin, p.stderr = ours[0], ours[2]
	started := make(chan error, 1)
	go p.parent(started)
	err = <-started
	closeAll(theirs[:])
	if err != nil {
		return errors.Join(err, closeAll(ours[:]))
	}
	go p.read(ours[1])
	go p.listen(stderr)
	return nil
}

func closeAll(files []*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// parent starts the child and waits for it. It keeps its thread for as long,
// because to Linux the parent whose death kills the child is the thread that
// made it, and Go ends threads as it likes.
func (p *Process) parent(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.ended = p.cmd.Wait()
	endGroup(p.cmd.Process.Pid)
	p.finishStderr()
	close(p.exited)
}

// finishStderr waits for the end of standard error, unless somebody who has left the
// group keeps it open.
func (p *Process) finishStderr() {
	select {
	case <-p.said:
	case <-time.After(lastWords):
	}
	p.stderr.Close()
	<-p.said
}

// listen copies standard error.
func (p *Process) listen(to io.Writer) {
	defer close(p.said)
	if to == nil {
		to = io.Discard
	}
	_, _ = io.Copy(to, p.stderr)
}

// endGroup kills what is left of a group whose first process is gone, at once: later
// its number may belong to somebody else. The kernel strikes all of a group at a time,
// and who is struck forks no more; so there is nothing to wait for.
func endGroup(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }

// read passes lines on until there are no more or nobody wants them.
func (p *Process) read(from *os.File) {
	defer close(p.lines)
	defer from.Close()
	in := bufio.NewReaderSize(from, 64<<10)
	for {
		line, err := readLine(in)
		if err != nil {
			p.readErr = err
			return
		}
		select {
		case p.lines <- line:
		case <-p.quit:
			return
		}
	}
}

// readLine reads a line without its end. What is left without an end when the
// output ends is no line.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > Longest:
			return nil, fmt.Errorf("a line of more than %d bytes", Longest)
		case err == nil:
			return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, fmt.Errorf("its output ended within a line: %w", io.EOF)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// Send writes a line, which must not contain an end of line itself. It gives up when
// the context ends; a part of the line may have been written then.
func (p *Process) Send(ctx context.Context, line []byte) error {
	if deadline, has := ctx.Deadline(); has {
		if err := p.stdin.SetWriteDeadline(deadline); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = p.stdin.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := p.stdin.Write(append(bytes.Clone(line), '\n'))
	if errors.Is(err, syscall.EPIPE) {
		return p.gone(ctx)
	}
	return err
}

// gone is the error of talking to a child that does not listen any more.
func (p *Process) gone(ctx context.Context) error {
	select {
	case <-p.exited:
		return fmt.Errorf("the program has ended: %w", p.End())
	case <-time.After(lastWords): // it may be ending right now
	case <-ctx.Done():
	}
	return errors.New("the program has closed its standard input")
}

// Lines are the lines that the child prints. The channel is closed when there are no
// more; Receive says why.
func (p *Process) Lines() <-chan []byte { return p.lines }

// Receive waits for a line.
func (p *Process) Receive(ctx context.Context) ([]byte, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return nil, p.whyNoMore(ctx)
		}
		return line, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *Process) whyNoMore(ctx context.Context) error {
	if p.readErr != nil && !errors.Is(p.readErr, io.EOF) {
		return p.readErr
	}
	select {
	case <-p.exited:
		return fmt.Errorf("the program has ended: %w", p.End())
	case <-time.After(lastWords):
	case <-ctx.Done():
	}
	return errors.New("the program has closed its standard output")
}

// PID is the child's process identifier, and that of its group.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the child and all that it has started are gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// errOrderly is the End of a process that said that all is well.
var errOrderly = errors.New("exit status 0")

// End is how the child ended, which is known once Exited is closed. It is never nil.
func (p *Process) End() error {
	if p.ended == nil {
		return errOrderly
	}
	return p.ended
}

// Signal signals the child and all that it has started.
func (p *Process) Signal(s syscall.Signal) error {
	select {
	case <-p.exited:
		return os.ErrProcessDone
	default:
		return syscall.Kill(-p.PID(), s)
	}
}

// Close ends the child's standard input, which asks it to end, and kills it if it has
// not done so when the patience ends. It returns when all processes are gone, and says
// whether the child did as it was asked. It is idempotent.
func (p *Process) Close(patience time.Duration) (polite bool) {
	p.stdin.Close()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	drained := p.lines
	for {
		select {
		case <-p.exited:
			p.Kill()
			return true
		case _, more := <-drained: // it may have to get rid of lines to end
			if !more {
				drained = nil
			}
		case <-timer.C:
			p.Kill()
			return false
		}
	}
}

// Kill ends the child at once and returns when all processes are gone. It is
// idempotent.
func (p *Process) Kill() {
	_ = p.Signal(syscall.SIGKILL)
	p.quitOnce.Do(func() { close(p.quit) })
	p.stdin.Close()
	<-p.exited
}
