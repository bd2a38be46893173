package postgres

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

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
	severity, code string
	want           bool
	why            string
}{
	{"ERROR", "40001", noEffect, "could not serialize access"},
	{"ERROR", "40P01", noEffect, "deadlock detected"},
	{"ERROR", "25006", noEffect, "the server is a standby"},
	{"ERROR", "25P02", noEffect, "the transaction was aborted before"},
	{"ERROR", "0A000", noEffect, "a standby refuses serializable transactions"},
	{"ERROR", "23505", noEffect, "unique violation"},
	{"ERROR", "22003", noEffect, "out of range"},
	{"ERROR", "42P01", noEffect, "no such table"},
	{"ERROR", "55P03", noEffect, "lock not available"},
	{"ERROR", "57014", noEffect, "a timeout before the commit; after it there are only warnings"},
	{"ERROR", "40003", unknown, "statement completion unknown, says the server"},
	{"ERROR", "58030", unknown, "an error of the disk; no proof was sought"},
	{"ERROR", "53100", unknown, "disk full; no proof was sought"},
	{"ERROR", "XX000", unknown, "internal error"},
	{"FATAL", "57P01", unknown, "a shutdown also ends the wait of what is committed"},
	{"FATAL", "57P02", unknown, "crash of another process; the commit may be on disk"},
	{"FATAL", "57P05", unknown, "no proof was sought"},
	{"FATAL", "40001", unknown, "severity says nothing of an abort"},
	{"PANIC", "XX000", unknown, "the commit may be on disk"},
}

// mutations are operations that are one statement.
func mutations(c *client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"write":     func(ctx context.Context) error { return c.Write(ctx, "k", 1) },
		"swap":      func(ctx context.Context) error { _, err := c.CompareAndSet(ctx, "k", 1, 2); return err },
		"add":       func(ctx context.Context) error { return c.Add(ctx, "s", 1) },
		"send":      func(ctx context.Context) error { return c.Send(ctx, "q", 1) },
		"increment": func(ctx context.Context) error { return c.Increment(ctx, "c", 1) },
		"charge":    func(ctx context.Context) error { return c.Charge(ctx, 1, 1) },
		"take":      func(ctx context.Context) error { _, _, err := c.Take(ctx, "q"); return err },
		"generate":  func(ctx context.Context) error { _, err := c.Generate(ctx); return err },
	}
}

// protocols are the forms in which a client speaks, as a user chooses them.
var protocols = []string{"protocol=extended", "protocol=simple"}

// All errors travel over a real connection and through all of the client.
func TestAnswersToStatements(t *testing.T) {
	for _, a := range answers {
		for what := range mutations(nil) {
			for _, protocol := range protocols {
				s := serve(t)
				s.answer = func(string) pgproto3.BackendMessage { return failure(a.severity, a.code) }
				err := mutations(dial(t, s.address, protocol))[what](t.Context())
				if err == nil || workloads.IsNoEffect(err) != a.want {
					t.Errorf("%s %s: %s, %s: got %v, want no effect to be %v: %s", a.severity, a.code, what, protocol, err, a.want, a.why)
				}
			}
		}
		s := serve(t)
		s.answer = func(string) pgproto3.BackendMessage { return failure(a.severity, a.code) }
		if _, _, err := dial(t, s.address).Read(t.Context(), "k"); !workloads.IsNoEffect(err) {
			t.Errorf("%s %s: a read changes nothing: %v", a.severity, a.code, err)
		}
	}
}

func TestAnswersToCommits(t *testing.T) {
	for _, a := range answers {
		for _, at := range []string{"begin", "insert", "commit"} {
			s := serve(t)
			s.answer = func(statement string) pgproto3.BackendMessage {
				if statement == at {
					return failure(a.severity, a.code)
				}
				return nil
			}
			err := transact(t.Context(), dial(t, s.address))
			if want := a.want || at != "commit"; err == nil || workloads.IsNoEffect(err) != want {
				t.Errorf("%s %s at %s: got %v, want no effect to be %v: %s", a.severity, a.code, at, err, want, a.why)
			}
		}
	}
}

func TestCommitOfAnAbortedTransactionHasNoEffect(t *testing.T) {
	s := serve(t)
	s.answer = func(statement string) pgproto3.BackendMessage {
		if statement == "commit" {
			return &pgproto3.CommandComplete{CommandTag: []byte("ROLLBACK")}
		}
		return nil
	}
	if err := transact(t.Context(), dial(t, s.address)); !workloads.IsNoEffect(err) || !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("got %v, want no effect", err)
	}
}

// What is not committed is undone by the server, whatever becomes of the connection.
func TestLostAnswers(t *testing.T) {
	for name, lose := range map[string]func(*server, context.CancelFunc){
		"the deadline":         func(_ *server, cancel context.CancelFunc) { cancel() },
		"the connection broke": func(s *server, _ context.CancelFunc) { s.hangUp() },
	} {
		for at, want := range map[string]bool{"begin": noEffect, "insert": noEffect, "commit": unknown} {
			t.Run(name+" at "+at, func(t *testing.T) {
				if err := lost(t, at, lose, transact); err == nil || workloads.IsNoEffect(err) != want {
					t.Errorf("got %v, want no effect to be %v", err, want)
				}
			})
		}
		t.Run(name+" at a statement of its own", func(t *testing.T) {
			write := func(ctx context.Context, c *client) error { return c.Write(ctx, "k", 1) }
			if err := lost(t, "insert", lose, write); err == nil || workloads.IsNoEffect(err) {
				t.Errorf("got %v, want an unknown outcome", err)
			}
		})
	}
}

// lost is the error of an operation whose answer to a statement gets lost.
func lost(t *testing.T, at string, lose func(*server, context.CancelFunc), do func(context.Context, *client) error) error {
	t.Helper()
	s, there := serve(t), make(chan struct{})
	s.answer = func(statement string) pgproto3.BackendMessage {
		if statement != at {
			return nil
		}
		close(there)
		return silence{}
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
	silent := listen(t) // the kernel accepts connections for a paused server
	for name, address := range map[string]string{"refused": refusing.Addr().String(), "silent": silent.Addr().String()} {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		for what, do := range mutations(dial(t, address)) {
			if err := do(ctx); !workloads.IsNoEffect(err) {
				t.Errorf("%s: %s: got %v, want no effect", name, what, err)
			}
		}
	}
}

// The library cancels what its caller waits for no longer, over another connection.
func TestWhatMayWaitForAStandbyIsNotCancelled(t *testing.T) {
	for _, synchronous := range []bool{false, true} {
		s := serve(t)
		s.answer = func(string) pgproto3.BackendMessage { return silence{} }
		c := dial(t, s.address)
		c.synchronous = synchronous
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := c.Write(ctx, "k", 1); err == nil || workloads.IsNoEffect(err) {
			t.Fatalf("got %v, want an unknown outcome", err)
		}
		select { // the library has given up by itself then
		case <-c.remote.PgConn().CleanupDone():
		case <-time.After(time.Minute):
			t.Fatal("the connection was never given up")
		}
		if cancelled := s.connections() > 1; cancelled == synchronous {
			t.Errorf("synchronous %t: cancelled %t", synchronous, cancelled)
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

func transact(ctx context.Context, c *client) error {
	_, err := c.TransactRegisters(ctx, []transaction.Op{{Kind: transaction.Write, Key: "k", Value: 1}})
	return err
}

func dial(t *testing.T, address string, settings ...string) *client {
	t.Helper()
	// Any server will do: this one does not tell whether it is a primary.
	config, err := configure(address, chosen(append(settings, "reads=standby")...))
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(config, true)
	t.Cleanup(func() { c.Close() })
	return c
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// server speaks PostgreSQL's protocol and answers every statement as the test says: the
// real one cannot be made to give most of the answers.
type server struct {
	address string
	// answer is what a statement, known by its first word, is answered with; nil is
	// success.
	answer func(statement string) pgproto3.BackendMessage

	mu    sync.Mutex
	conns []net.Conn
	// asked are the statements that came as one text, with their values in it; prepared
	// those that came with places for them.
	asked, prepared []string
}

// silence is no answer at all.
type silence struct{ pgproto3.BackendMessage }

func failure(severity, code string) pgproto3.BackendMessage {
	return &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: "as the test says"}
}

func serve(t *testing.T) *server {
	t.Helper()
	l := listen(t)
	s := &server{address: l.Addr().String(), answer: func(string) pgproto3.BackendMessage { return nil }}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			all.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); s.hangUp(); all.Wait() })
	return s
}

// connections is how many were ever made.
func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
}
