package workloads

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	consensuschecker "github.com/assaykit/assay/checkers/consensus"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on instances of consensus.
const (
	proposeValue = "propose"
	learnValue   = "learn"
)

var (
	consensusCount = number{key: "instances", otherwise: 0, low: 0, high: 10_000,
		about: "how many instances are in use at a time; 0 is one for three clients"}
	consensusOps = number{key: "ops-per-instance", otherwise: 20, low: 2, high: 1_000_000,
		about: "how many operations an instance gets before a new one takes its place"}
	consensusProposals = number{key: "propose-share", otherwise: 50, low: 1, high: 100,
		about: "how many of a hundred operations propose; the others ask what was decided"}
)

// Consensus decides one value for each instance.
type Consensus interface {
	// Propose returns what was decided, which is the value proposed or another one.
	Propose(ctx context.Context, instance string, value int) (decided int, err error)
	// Decision returns known=false if nothing is known to be decided yet.
	Decision(ctx context.Context, instance string) (decided int, known bool, err error)
}

type consensus struct{}

// NewConsensus proposes values and asks what was decided, and demands agreement,
// validity and integrity. Without a native consensus a proposal is a key's first
// version: it is put if the key is absent.
//
// Operations: propose takes an integer and gives the one that was decided; learn
// gives it, or null if nothing was.
func NewConsensus() Workload { return consensus{} }

func (consensus) Name() string { return "consensus" }

func (consensus) About() string {
	return "propose values and ask what was decided; everybody must learn the same one, which somebody proposed, and for ever"
}

func (consensus) Settings() []cluster.Setting {
	return []cluster.Setting{consensusProposals.setting(), consensusCount.setting(), consensusOps.setting()}
}

func (consensus) Supports(c cluster.Client) error {
	_, err := asConsensus(c)
	return err
}

func asConsensus(c cluster.Client) (Consensus, error) {
	if native, err := as[Consensus](c, "consensus", "consensus"); err == nil {
		return native, nil
	}
	versions, err := as[Versions](c, "consensus", "consensus, nor keys with versions that can be put if they are absent")
	return firstVersion{versions}, err
}

// firstVersion is the consensus on what a key held first. Nobody writes to it again.
type firstVersion struct{ Versions }

func (f firstVersion) Propose(ctx context.Context, instance string, value int) (decided int, err error) {
	_, put, err := f.PutIf(ctx, instance, value, 0)
	if err != nil || put {
		return value, err
	}
	// The proposal was refused for good: whatever happens now, it had no effect.
	decided, known, err := f.Decision(ctx, instance)
	if err == nil && !known {
		err = fmt.Errorf("propose %s: it was refused, as if something had been decided, but the key is absent", instance)
	}
	return decided, NoEffect(err)
}

func (f firstVersion) Decision(ctx context.Context, instance string) (decided int, known bool, err error) {
	value, version, err := f.Get(ctx, instance)
	return value, version != 0, err
}

func (consensus) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	count, ops, proposals := s.number(consensusCount), s.number(consensusOps), s.number(consensusProposals)
	if s.err != nil {
		return nil, s.err
	}
	random := generator.Random(cfg.Seed, "consensus")
	instances := newRotation(random, "i", perWorkers(count, cfg.Workers), ops)
	last := 0
	return generator.Mix(random,
		generator.Weighted{Weight: proposals, Of: generator.Forever(func() history.Op {
			last++
			return history.Op{F: proposeValue, Key: instances.next().name, Value: history.Int(last)}
		})},
		generator.Weighted{Weight: 100 - proposals, Of: generator.Forever(func() history.Op {
			return history.Op{F: learnValue, Key: instances.next().name}
		})},
	), nil
}

func (consensus) Final(cfg Config, sofar *history.History, worker int) generator.Generator {
	return finalReads(cfg, "consensus", lastKeys(sofar, finalKeys), worker, learnValue)
}

func (consensus) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asConsensus(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case proposeValue:
		value, err := integer(op)
		if err != nil {
			return op.Value, err
		}
		decided, err := client.Propose(ctx, op.Key, value)
		if err != nil {
			return op.Value, err
		}
		return history.Int(decided), nil
	case learnValue:
		decided, known, err := client.Decision(ctx, op.Key)
		return optional(decided, known && err == nil), err
	}
	return op.Value, unknown("consensus", op, "propose, learn")
}

func (consensus) Checker(Config) (checkers.Checker, error) { return consensuschecker.New(), nil }
