package mariadb

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

const (
	noEffect = true
	unknown  = false
)

// answers are errors with which a server can answer a commit, or a statement that is a
// transaction of its own, and whether they prove that there was no effect.
var answers = []struct {
	code uint16
	want bool
	why  string
}{
	{1020, noEffect, "record has changed since last read"},
	{1047, noEffect, "the node of a Galera cluster has no majority"},
	{1062, noEffect, "duplicate entry"},
	{1064, noEffect, "syntax"},
	{1146, noEffect, "no such table"},
	{1205, noEffect, "lock wait timeout"},
	{1213, noEffect, "deadlock, also with another node's transaction"},
	{1290, noEffect, "an option forbids it"},
	{1792, noEffect, "read-only transaction"},
	{1030, unknown, "an engine that failed"},
	{1053, unknown, "a shutdown may come after the log is written"},
	{1105, unknown, "unknown error"},
	{1180, unknown, "error during commit: other nodes may have it"},
	{1317, unknown, "an interruption, which may come while a commit waits"},
	{1927, unknown, "the connection was killed"},
}

// A node that lost touch with the others may answer a deadlock of a transaction that these
// have committed. It takes seconds to find that out.
func TestALateDeadlockProvesNothing(t *testing.T) {
	for code, late := range map[uint16]bool{1213: unknown, 1047: unknown, 1205: unknown, 1062: noEffect, 1180: unknown} {
		answer := &mysql.MySQLError{Number: code}
		if got := workloads.IsNoEffect(outcome(answer, unheard)); got != late {
			t.Errorf("%d after %v: no effect is %v", code, unheard, got)
		}
		if got, want := workloads.IsNoEffect(outcome(answer, unheard-1)), code != 1180; got != want {
			t.Errorf("%d in time: no effect is %v", code, got)
		}
	}
}

// A commit is what takes long, not the transaction before it.
func TestOnlyTheCommitsTimeCounts(t *testing.T) {
	for at, want := range map[string]bool{"insert": noEffect, "commit": unknown} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.answer = func(statement string) uint16 {
				if statement == at {
					time.Sleep(unheard)
				}
				if statement == "commit" {
					return 1213
				}
				return 0
			}
			if err := transact(t.Context(), dial(t, s.address)); workloads.IsNoEffect(err) != want {
				t.Errorf("got %v, want no effect to be %v", err, want)
			}
		})
	}
}

// mutations are operations that are one statement.
func mutations(c *client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"write":     func(ctx context.Context) error { return c.Write(ctx, "k", 1) },
		"swap":      func(ctx context.Context) error { _, err := c.CompareAndSet(ctx, "k", 1, 2); return err },
		"add":       func(ctx context.Context) error { return c.Add(ctx, "s", 1) },
		"increment": func(ctx context.Context) error { return c.Increment(ctx, "c", 1) },
		"charge":    func(ctx context.Context) error { return c.Charge(ctx, 1, 1) },
		"open":      func(ctx context.Context) error { return c.Open(ctx, 2, 1) },
		"generate":  func(ctx context.Context) error { _, err := c.Generate(ctx); return err },
	}
}

// All errors travel over a real connection and through all of the client.
func TestAnswersToStatements(t *testing.T) {
	for _, a := range answers {
		s := serve(t)
		s.answer = func(string) uint16 { return a.code }
		c := dial(t, s.address)
		for what, do := range mutations(c) {
			if err := do(t.Context()); err == nil || workloads.IsNoEffect(err) != a.want {
				t.Errorf("%d: %s: got %v, want no effect to be %v: %s", a.code, what, err, a.want, a.why)
			}
		}
		if _, _, err := c.Read(t.Context(), "k"); !workloads.IsNoEffect(err) {
			t.Errorf("%d: a read changes nothing: %v", a.code, err)
		}
	}
}

func TestAnswersToCommits(t *testing.T) {
	for _, a := range answers {
		for _, at := range []string{"start", "insert", "commit"} {
			s := serve(t)
			s.answer = func(statement string) uint16 {
				if statement == at {
					return a.code
				}
				return 0
			}
			err := transact(t.Context(), dial(t, s.address))
			if want := a.want || at != "commit"; err == nil || workloads.IsNoEffect(err) != want {
				t.Errorf("%d at %s: got %v, want no effect to be %v: %s", a.code, at, err, want, a.why)
			}
		}
	}
}

// A transaction that was not committed must not go on in the next one.
func TestWhatFailedIsUndone(t *testing.T) {
	s := serve(t)
	var statements []string
	s.answer = func(statement string) uint16 {
		statements = append(statements, statement)
		if statement == "insert" {
			return 1205
		}
		return 0
	}
	if err := transact(t.Context(), dial(t, s.address)); !workloads.IsNoEffect(err) {
		t.Errorf("got %v, want no effect", err)
	}
	if last := statements[len(statements)-1]; last != "rollback" {
		t.Errorf("the last of %v is no rollback", statements)
	}
}

// What is not committed is undone by the server, whatever becomes of the connection.
func TestLostAnswers(t *testing.T) {
	for name, lose := range map[string]func(*server, context.CancelFunc){
		"the deadline":         func(_ *server, cancel context.CancelFunc) { cancel() },
		"the connection broke": func(s *server, _ context.CancelFunc) { s.hangUp() },
	} {
		for at, want := range map[string]bool{"start": noEffect, "insert": noEffect, "commit": unknown} {
			t.Run(name+" at "+at, func(t *testing.T) {
				if err := lost(t, at, lose, transact); err == nil || workloads.IsNoEffect(err) != want {
					t.Errorf("got %v, want no effect to be %v", err, want)
				}
			})
		}
		for what := range mutations(nil) {
			t.Run(name+" at "+what, func(t *testing.T) {
				do := func(ctx context.Context, c *client) error { return mutations(c)[what](ctx) }
				if err := lost(t, "", lose, do); err == nil || workloads.IsNoEffect(err) {
					t.Errorf("got %v, want an unknown outcome", err)
				}
			})
		}
	}
}

// lost is the error of an operation whose answer to a statement, "" for any, gets lost.
func lost(t *testing.T, at string, lose func(*server, context.CancelFunc), do func(context.Context, *client) error) error {
	t.Helper()
	s, there := serve(t), make(chan struct{}, 1)
	s.answer = func(statement string) uint16 {
		if at != "" && statement != at {
			return 0
		}
		there <- struct{}{}
		return silent
	}
	c := dial(t, s.address)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() { done <- do(ctx, c) }()
	<-there
	lose(s, cancel)
	return <-done
}

func TestNoConnectionHasNoEffect(t *testing.T) {
	refusing := listen(t)
	refusing.Close()
	quiet := listen(t) // the kernel accepts connections for a paused server
	for name, address := range map[string]string{"refused": refusing.Addr().String(), "silent": quiet.Addr().String()} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		for what, do := range mutations(dial(t, address)) {
			if err := do(ctx); !workloads.IsNoEffect(err) {
				t.Errorf("%s: %s: got %v, want no effect", name, what, err)
			}
		}
	}
}

func TestAClientConnectsAgain(t *testing.T) {
	s := serve(t)
	c := dial(t, s.address)
	if err := c.Write(t.Context(), "k", 1); err != nil {
		t.Fatal(err)
	}
	s.hangUp()
	if err := c.Write(t.Context(), "k", 1); err == nil {
		t.Fatal("a connection that broke went on")
	}
	if err := c.Write(t.Context(), "k", 1); err != nil {
		t.Errorf("it did not connect again: %v", err)
	}
}

// An operation that hung may end while its client is closed, and both then give up the
// connection.
func TestAClientIsClosedWhileAnOperationHangs(t *testing.T) {
	for range 50 {
		s, there := serve(t), make(chan struct{}, 1)
		s.answer = func(string) uint16 { there <- struct{}{}; return silent }
		c := dial(t, s.address)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- c.Write(ctx, "k", 1) }()
		<-there
		cancel()
		_ = c.Close() // the connection may be gone
		if err := <-done; err == nil || workloads.IsNoEffect(err) {
			t.Errorf("got %v, want an unknown outcome", err)
		}
		if remote := c.current(); remote != nil {
			t.Error("a connection outlives its client")
		}
	}
}

func transact(ctx context.Context, c *client) error {
	_, err := c.TransactRegisters(ctx, []transaction.Op{{Kind: transaction.Write, Key: "k", Value: 1}})
	return err
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	c := &client{address: address}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestCompressionIsAskedFor(t *testing.T) {
	for compressed, want := range map[bool]string{
		false: "assay:assay@tcp(n1:3306)/assay?clientFoundRows=true&interpolateParams=true",
		true:  "assay:assay@tcp(n1:3306)/assay?clientFoundRows=true&compress=true&interpolateParams=true",
	} {
		config, err := configure("n1:3306", compressed)
		if err != nil {
			t.Fatal(err)
		}
		if got := config.FormatDSN(); !strings.HasPrefix(got, want) {
			t.Errorf("compressed %v: %s, want %s", compressed, got, want)
		}
	}
}

// A server that cannot compress says so in its greeting, and the driver goes on without:
// nobody is to take that for what he has asked for.
func TestAServerThatDoesNotCompressIsRefused(t *testing.T) {
	s := serve(t)
	c := dial(t, s.address)
	c.compressed = true
	err := c.Write(t.Context(), "k", 1)
	if !workloads.IsNoEffect(err) || !strings.Contains(err.Error(), "the server does not compress") {
		t.Errorf("got %v", err)
	}
	if c.current() != nil {
		t.Error("the connection was kept")
	}
}
