package workloads

import (
	"context"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/sequential"
	sessionchecker "github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

const (
	perKeyExpected     = "session"
	monotonicExpected  = "monotonic"
	causalExpected     = "causal"
	sequentialExpected = "sequential"
)

var (
	sessionMoves = number{key: "moves", otherwise: 0, low: 0, high: 100_000,
		about: "after how many operations a client goes on at the next node, over a new connection; 0 is never. Choose it only if sessions are to outlive connections"}
	sessionExpect = cluster.Setting{
		Key: "expect", Default: perKeyExpected, About: "what each client's session may rely on",
		Choices: []cluster.Choice{
			{Value: perKeyExpected, About: "the four session guarantees, for each key by itself"},
			{Value: monotonicExpected, About: "monotonic reads and monotonic writes only, for each key by itself: not even what it wrote itself"},
			{Value: causalExpected, About: "causal consistency: the session guarantees across keys"},
			{Value: sequentialExpected, About: "one order of all operations that each session agrees with"},
		},
	}
)

type session struct{}

// NewSession reads, writes, and compares and sets registers, and demands only that
// each client sees its own past: its own writes, and nothing older than what it has
// seen. A session is a client, which goes on after an operation of unknown outcome,
// and may move between nodes.
//
// Operations are those of the workload register.
func NewSession() Workload { return session{} }

func (session) Name() string { return "session" }

func (session) About() string {
	return "read and write registers; each client must see its own writes and never go back, also as it moves between nodes"
}

func (session) Settings() []cluster.Setting {
	return append([]cluster.Setting{sessionExpect, sessionMoves.setting()}, register{}.Settings()...)
}

func (session) Supports(c cluster.Client) error {
	_, err := as[Register](c, "session", "registers that can be read, written, and compared and set")
	return err
}

func (w session) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	if s.number(sessionMoves); s.err != nil {
		return nil, s.err
	}
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	return register{}.Generator(cfg)
}

func (session) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	return register{}.Final(cfg, sofar, worker)
}

func (session) Remember(cfg Config, _ cluster.Client, _ int) Memory {
	s := chosen{cfg: cfg}
	return &traveller{every: s.number(sessionMoves)}
}

// traveller is the memory of a client that moves between nodes.
type traveller struct{ every, stayed int }

func (t *traveller) Next(_ context.Context, wish history.Op) Step {
	step := Step{Op: wish, Call: plain(register{}, wish)}
	if t.stayed++; t.every > 0 && !wish.Final && t.stayed > t.every {
		t.stayed, step.Move = 1, true
	}
	return step
}

func (t *traveller) Disconnected() {}

func (session) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	if _, err := as[Register](c, "session", "registers that can be read, written, and compared and set"); err != nil {
		return op.Value, err
	}
	return register{}.Invoke(ctx, c, op)
}

func (session) Checker(cfg Config) (checkers.Checker, error) {
	expected, err := choice(cfg, sessionExpect)
	if err != nil {
		return nil, err
	}
	switch expected {
	case monotonicExpected:
		monotonic := []sessionchecker.Guarantee{sessionchecker.MonotonicReads, sessionchecker.MonotonicWrites}
		return sessionchecker.New(sessionchecker.Options{Clients: cfg.Clients, Only: monotonic}), nil
	case causalExpected:
		return sessionchecker.NewCausal(sessionchecker.Options{Clients: cfg.Clients}), nil
	case sequentialExpected:
		return sequential.New(sequential.Options{Clients: cfg.Clients}), nil
	}
	return sessionchecker.New(sessionchecker.Options{Clients: cfg.Clients}), nil
}

var _ Remembering = session{}
