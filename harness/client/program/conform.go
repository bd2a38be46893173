//go:build unix

package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/lines"
	"github.com/assaykit/assay/workloads"
)

// Finding is one thing that a program does as it has to, or not.
type Finding struct {
	Right bool
	// Note says that it is neither: a program may do so, but could do better.
	Note bool
	Text string
}

const (
	// trial is how long a program is told that it has for one operation of Conform.
	trial = 450 * time.Millisecond
	// hearing is how long it is listened to: on a busy machine its answer takes a while
	// longer than that.
	hearing = 2 * time.Second
	// parting is how long it may take to end.
	parting = 5 * time.Second
)

// Conform finds out whether a program keeps to the protocol. It is tried against an
// address at which nobody listens and against a service that takes everything and
// answers nothing; and, if there is an address, against the real service, on which every
// operation is tried with a key of its own.
func Conform(ctx context.Context, command []string, hello Hello, tell func(Finding)) error {
	operations, err := Offers(ctx, command)
	if err != nil {
		return err
	}
	e := &examination{command: command, hello: hello, operations: operations, tell: tell}
	e.right("it answers the first line, and offers %s", strings.Join(operations, ", "))
	for _, part := range []func(context.Context) error{e.offers, e.ends, e.unknown, e.nonsense, e.nobody, e.deaf, e.real} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// examination is a Conform under way.
type examination struct {
	command    []string
	hello      Hello
	operations []string
	tell       func(Finding)
}

func (e *examination) right(format string, args ...any) {
	e.tell(Finding{Right: true, Text: fmt.Sprintf(format, args...)})
}

func (e *examination) wrong(format string, args ...any) {
	e.tell(Finding{Text: fmt.Sprintf(format, args...)})
}

func (e *examination) note(format string, args ...any) {
	e.tell(Finding{Note: true, Text: fmt.Sprintf(format, args...)})
}

// judge tells of something that has to be so.
func (e *examination) judge(ok bool, what, otherwise string) {
	if ok {
		e.right("%s", what)
	} else {
		e.wrong("%s: %s", what, otherwise)
	}
}

// greeted starts a program that speaks to an address and has answered the first line.
func (e *examination) greeted(ctx context.Context, address string) (*running, error) {
	hello := e.hello
	hello.Assay, hello.Address = version, address
	if hello.Node == "" {
		hello.Node = "n1"
	}
	hello.Ports = map[string]string{"client": address}
	r, err := start(ctx, Config{Command: e.command, Hello: hello, Journal: nowhere})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	line, err := r.process.Receive(ctx)
	if err == nil {
		err = r.greet(line, nil)
	}
	if err != nil {
		r.end("")
		return nil, fmt.Errorf("with a node at %s: %w", address, err)
	}
	return r, nil
}

func nowhere() (io.WriteCloser, error) { return &tail{}, nil }

// offers tells which data types are whole.
func (e *examination) offers(context.Context) error {
	c := client.New(New(Config{Operations: e.operations}))
	var whole []string
	for _, t := range client.DataTypes() {
		if c.Offers(t.Name) == nil {
			whole = append(whole, t.Name)
		}
	}
	if len(whole) == 0 {
		e.wrong("no data type is whole; see the table of operations")
		return nil
	}
	var fit []string
	for _, w := range workloads.All() {
		if w.Supports(c) == nil {
			fit = append(fit, w.Name())
		}
	}
	e.right("data types: %s; workloads: %s", strings.Join(whole, ", "), strings.Join(fit, ", "))
	return nil
}

// ends sees that a program ends with its standard input.
func (e *examination) ends(ctx context.Context) error {
	r, err := e.greeted(ctx, "127.0.0.1:1")
	if err != nil {
		return err
	}
	polite := r.process.Close(parting)
	e.judge(polite, "it ends when its standard input ends", fmt.Sprintf("it still ran after %s", parting))
	return nil
}

// unknown sends an operation that nobody knows.
func (e *examination) unknown(ctx context.Context) error {
	r, err := e.greeted(ctx, "127.0.0.1:1")
	if err != nil {
		return err
	}
	defer r.end("")
	done, err := e.ask(ctx, r, client.Call{F: "no-such-operation", Key: "k"})
	e.judge(err == nil && done.Type == "fail", "an operation that it does not know is answered with fail", said(done, err))
	return nil
}

// nonsense sends what is no operation: the program may end or ignore it, but go on as if
// it were one it may not.
func (e *examination) nonsense(ctx context.Context) error {
	for _, line := range []string{"this is no JSON", `{"id":1`, `[]`, `{"f":"read"}`} {
		r, err := e.greeted(ctx, "127.0.0.1:1")
		if err != nil {
			return err
		}
		err = r.process.Send(ctx, []byte(line))
		if err == nil {
			e.judgeNonsense(ctx, r.process, line)
		}
		r.end("")
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) judgeNonsense(ctx context.Context, p *lines.Process, line string) {
	what := fmt.Sprintf("the line %s is not taken for an operation", line)
	ctx, cancel := context.WithTimeout(ctx, hearing)
	defer cancel()
	answer, err := p.Receive(ctx)
	var c completion
	if err == nil && json.Unmarshal(answer, &c) == nil && c.Type == "ok" {
		e.wrong("%s: it answered %s", what, shorten(answer))
		return
	}
	e.right("%s", what)
}

// ask executes an operation and sees that nothing else is printed.
func (e *examination) ask(ctx context.Context, r *running, call client.Call) (completion, error) {
	ctx, cancel := context.WithTimeout(ctx, hearing)
	defer cancel()
	done, err := r.exchange(ctx, call, trial)
	if err != nil {
		return done, err
	}
	time.Sleep(20 * time.Millisecond)
	return done, r.quiet()
}

func said(c completion, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("it answered %s %q", c.Type, c.Error)
}

// nobody lets every operation meet an address at which nobody listens.
func (e *examination) nobody(ctx context.Context) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	for _, f := range e.operations {
		done, err := e.once(ctx, address, f)
		what := fmt.Sprintf("%s where nobody listens is not ok", f)
		switch {
		case err != nil && errors.Is(err, context.DeadlineExceeded):
			e.note("%s, but it is not answered within %s; fail would be right, for nothing was sent", what, hearing)
		case err != nil:
			e.wrong("%s: %v", what, err)
		case done.Type == "ok":
			e.wrong("%s: it answered ok", what)
		case done.Type == "info":
			e.note("%s; it is info, and could be fail, for nothing was sent", what)
		default:
			e.right("%s but fail", what)
		}
	}
	return nil
}

// deaf lets every operation meet a service that takes everything and never answers.
func (e *examination) deaf(ctx context.Context) error {
	silent, err := listenSilently()
	if err != nil {
		return err
	}
	defer silent.close()
	for _, f := range e.operations {
		before := silent.heard()
		done, err := e.once(ctx, silent.address(), f)
		e.judgeDeaf(f, done, err, silent.heard() > before)
	}
	return nil
}

func (e *examination) judgeDeaf(f string, done completion, err error, heard bool) {
	what := fmt.Sprintf("%s that gets no answer is not known to have happened or not", f)
	operation, _ := client.Find(f)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.note("%s; it does not say so within timeout_ms, which costs a new program each time", what)
	case err != nil:
		e.wrong("%s: %v", what, err)
	case done.Type == "ok":
		e.wrong("%s: it answered ok", what)
	case done.Type == "fail" && done.Error == history.Mismatch:
		e.wrong("%s: it answered that there was a mismatch", what)
	case done.Type == "fail" && heard && !operation.Reads:
		e.wrong("%s: it answered fail (%q), although the service had got something and may do it yet", what, done.Error)
	default:
		e.right("%s: %s", what, done.Type)
	}
}

// once executes the example of an operation with a program of its own.
func (e *examination) once(ctx context.Context, address, f string) (completion, error) {
	r, err := e.greeted(ctx, address)
	if err != nil {
		return completion{}, err
	}
	defer r.end("")
	return e.ask(ctx, r, example(f, "assay-check"))
}

// example is a call that makes sense by itself.
func example(f, key string) client.Call {
	operation, _ := client.Find(f)
	call := client.Call{F: f}
	if operation.Key != "" {
		call.Key = key
	}
	if operation.Example != "" {
		// The examples are tested.
		_ = json.Unmarshal([]byte(operation.Example), &call.Value)
	}
	return call
}

// real tries every operation on the real service, in the order of the table.
func (e *examination) real(ctx context.Context) error {
	if e.hello.Address == "" {
		e.note("the service itself was not tried; --address HOST:PORT does")
		return nil
	}
	key := fmt.Sprintf("assay-check-%d", time.Now().UnixNano())
	c := client.New(New(Config{Command: e.command, Hello: e.hello, Operations: e.operations}))
	defer c.Close()
	for _, f := range client.Names() {
		if slices.Contains(e.operations, f) {
			e.try(ctx, c, f, key)
		}
	}
	return nil
}

// try executes an operation as a workload would.
func (e *examination) try(ctx context.Context, c *client.Client, f, key string) {
	began := time.Now()
	for {
		answer, err := attempt(ctx, c, f, key)
		switch {
		case err == nil:
			e.right("%s answers %v", f, answer)
		case workloads.IsNoEffect(err) && time.Since(began) < startup && strings.Contains(err.Error(), "never sent"):
			continue // the program is starting
		default:
			e.wrong("%s: %v", f, err)
		}
		return
	}
}

func attempt(ctx context.Context, c *client.Client, f, key string) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return c.Try(ctx, example(f, key))
}

// freeAddress is one at which nobody listens.
func freeAddress() (string, error) {
	l, err := listenSilently()
	if err != nil {
		return "", err
	}
	defer l.close()
	return l.address(), nil
}
