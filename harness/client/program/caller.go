//go:build unix

package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/lines"
	"github.com/assaykit/assay/workloads"
)

const (
	// startup is how long a program may take from its start to its first answer.
	startup = 20 * time.Second
	// patience is how long a program may take to end when it is asked to.
	patience = time.Second
	// pause is the time between the starts of two programs where the first one
	// never became usable.
	pause = 200 * time.Millisecond
)

// Config is a program and whom it speaks to.
type Config struct {
	// Command is the program and its arguments.
	Command []string
	Hello   Hello
	// Operations are those that it offered when it was tried.
	Operations []string
	// Journal opens what gets the program's standard error, and what there is to be
	// said about it; nil is nothing.
	Journal func() (io.WriteCloser, error)
}

// Caller is a client.Caller: one program at a time, each of which is started when it
// is needed. It is used by one goroutine at a time, except for Close.
type Caller struct {
	cfg Config

	mu     sync.Mutex
	closed bool
	// now is the program that runs, if any.
	now *running
	// failed is when the last one was given up before it was usable.
	failed time.Time
}

// running is a program that runs.
type running struct {
	process *lines.Process
	journal io.WriteCloser
	started time.Time
	greeted bool
	last    int64
}

// New makes a caller. It starts nothing.
func New(cfg Config) *Caller {
	cfg.Hello.Assay = version
	return &Caller{cfg: cfg}
}

var _ client.Caller = (*Caller)(nil)

// Operations implements client.Caller.
func (c *Caller) Operations() []string { return c.cfg.Operations }

// Call implements client.Caller. An operation that finds no program which is ready to
// hear it was never sent. Programs get their time to start all the same: the
// operations that come meanwhile fail.
func (c *Caller) Call(ctx context.Context, call client.Call) (history.Value, error) {
	r, err := c.ready(ctx)
	if err != nil {
		return history.Value{}, workloads.NoEffect(fmt.Errorf("never sent: the client program is not ready: %w", err))
	}
	done, err := r.exchange(ctx, call, remaining(ctx))
	if err != nil {
		c.replace(r, err)
		return history.Value{}, fmt.Errorf("the client program was replaced: %w", err)
	}
	return done.result()
}

// ready is a program that has answered the first line.
func (c *Caller) ready(ctx context.Context) (*running, error) {
	r, err := c.program(ctx)
	if err != nil || r.greeted {
		return r, err
	}
	line, err := r.process.Receive(ctx)
	if err != nil && ctx.Err() != nil && time.Since(r.started) < startup {
		return nil, errors.New("it has not answered the first line yet")
	}
	if err == nil {
		err = r.greet(line, c.cfg.Operations)
	}
	if err != nil {
		c.replace(r, err)
		c.failed = time.Now()
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errors.New("it has answered the first line when time was up")
	}
	return r, nil
}

func (r *running) greet(line []byte, promised []string) error {
	operations, err := parseWelcome(line)
	if err != nil {
		return err
	}
	for _, f := range promised {
		if !slices.Contains(operations, f) {
			return fmt.Errorf("it does not offer %s any more", f)
		}
	}
	r.greeted = true
	return nil
}

// program is the one that runs, or a new one that has been sent the first line.
func (c *Caller) program(ctx context.Context) (*running, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("the client is closed")
	}
	if c.now != nil {
		return c.now, nil
	}
	if wait := pause - time.Since(c.failed); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	r, err := start(ctx, c.cfg)
	if err == nil {
		c.now = r
	}
	return r, err
}

func start(ctx context.Context, cfg Config) (*running, error) {
	r := &running{started: time.Now()}
	command := lines.Command{Args: cfg.Command}
	if cfg.Journal != nil {
		journal, err := cfg.Journal()
		if err != nil {
			return nil, fmt.Errorf("keep what it prints: %w", err)
		}
		r.journal, command.Stderr = journal, journal
	}
	hello, err := json.Marshal(cfg.Hello)
	if err == nil {
		r.process, err = lines.Start(command)
	}
	if err != nil {
		r.closeJournal()
		return nil, err
	}
	// The first operation may have less time than a program needs to start, and the next
	// one waits for the same program. One that has ended already may have said why: whoever
	// waits for its answer finds out.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startup)
	defer cancel()
	if err := r.process.Send(ctx, hello); err != nil && ctx.Err() != nil {
		r.end("it did not take the first line: " + err.Error())
		return nil, err
	}
	return r, nil
}

// exchange sends an operation, tells how long it may take, and waits for its completion.
// An error is something that the program did wrong or failed to do in time.
func (r *running) exchange(ctx context.Context, call client.Call, within time.Duration) (completion, error) {
	if err := r.quiet(); err != nil {
		return completion{}, err
	}
	r.last++
	q := request{ID: r.last, Call: call, TimeoutMS: max(1, within.Milliseconds())}
	line, err := json.Marshal(q)
	if err != nil {
		return completion{}, err
	}
	if err := r.process.Send(ctx, line); err != nil {
		return completion{}, fmt.Errorf("it did not take the operation: %w", err)
	}
	answer, err := r.process.Receive(ctx)
	if err != nil {
		return completion{}, fmt.Errorf("it did not answer: %w", err)
	}
	return parse(answer, r.last)
}

// quiet sees that the program has said nothing that nobody asked for.
func (r *running) quiet() error {
	select {
	case line, more := <-r.process.Lines():
		if !more {
			_, err := r.process.Receive(context.Background())
			return err
		}
		return fmt.Errorf("it printed %s when nothing was asked: an answer too many?", shorten(line))
	default:
		return nil
	}
}

// remaining is how long a program gets: somewhat less than there is until the context's
// deadline, so that its own "nobody knows" still comes in time.
func remaining(ctx context.Context) time.Duration {
	deadline, has := ctx.Deadline()
	if !has {
		return time.Minute
	}
	return time.Until(deadline) * 9 / 10
}

// replace gives up a program, so that the next operation gets another one.
func (c *Caller) replace(r *running, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == r {
		c.now = nil
	}
	r.end("replaced: " + why.Error())
}

// end kills a program at once.
func (r *running) end(why string) {
	r.process.Kill()
	r.remark(why)
	r.closeJournal()
}

// remark adds to what the program printed.
func (r *running) remark(text string) {
	if r.journal != nil {
		fmt.Fprintf(r.journal, "assay: program %d: %s\n", r.process.PID(), text)
	}
}

func (r *running) closeJournal() {
	if r.journal != nil {
		r.journal.Close()
	}
}

// Close implements client.Caller: the program is asked to end by the end of its
// standard input.
func (c *Caller) Close() error {
	c.mu.Lock()
	r := c.now
	c.now, c.closed = nil, true
	c.mu.Unlock()
	if r == nil {
		return nil
	}
	if !r.process.Close(patience) {
		r.remark(fmt.Sprintf("killed, for it did not end within %s of the end of its standard input", patience))
	}
	r.closeJournal()
	return nil
}

// Offers starts a program to ask it which operations it offers. Its standard error is
// in the error, if there is one.
func Offers(ctx context.Context, command []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	said := &tail{}
	r, err := start(ctx, Config{Command: command, Hello: Hello{Assay: version}, Journal: func() (io.WriteCloser, error) { return said, nil }})
	if err != nil {
		return nil, err
	}
	defer r.process.Kill()
	line, err := r.process.Receive(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("it has not answered the first line within %s", startup)
	}
	if err == nil {
		var operations []string
		if operations, err = parseWelcome(line); err == nil {
			return operations, nil
		}
	}
	r.process.Kill()
	return nil, fmt.Errorf("client program %s: %w%s", command[0], err, said.text())
}
