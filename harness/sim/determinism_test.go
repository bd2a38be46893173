package sim_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/harness/targets/demo"
)

// hasty counts by asking all others, in the order that a Go map happens to have.
type hasty struct{}

type tally struct{ Peers map[actor.ID]bool }

type question struct {
	Answer bool `json:"answer"`
}

func (hasty) Start(c actor.Context[question], _ [][]byte) tally {
	t := tally{map[actor.ID]bool{}}
	for _, p := range c.Peers() {
		t.Peers[p] = true
	}
	return t
}

func (hasty) Receive(c actor.Context[question], _ *tally, from actor.ID, m question) {
	if !m.Answer {
		c.Send(from, question{Answer: true})
	}
}

func (hasty) Timer(actor.Context[question], *tally, string) {}

func (hasty) Request(c actor.Context[question], t *tally, request uint64, _ []byte) {
	for p := range t.Peers {
		c.Send(p, question{})
	}
	c.Reply(request, []byte("{}"))
}

// target is a target of an actor, for tests.
type target struct {
	demo.Target
	program func() (world.Program, error)
}

func (target) Name() string                                                 { return "hasty" }
func (t target) Program(cluster.Config) (world.Program, error)              { return t.program() }
func (target) Prototype() cluster.Client                                    { return echo{} }
func (target) Ready(context.Context, cluster.Cluster, cluster.Config) error { return nil }

func (target) Dial(_ context.Context, n cluster.Node, _ cluster.Config) (cluster.Client, error) {
	return echo{n.(cluster.Direct).Connect()}, nil
}

// echo is a client of the workload echo.
type echo struct{ to cluster.Connection }

func (e echo) Close() error { return nil }

func (e echo) Echo(ctx context.Context, value int) (int, error) {
	_, err := e.to.Request(ctx, []byte("{}"))
	return value, err
}

func TestNondeterminismIsFoundAndNamed(t *testing.T) {
	system := target{program: func() (world.Program, error) { return world.Of(hasty{}, world.Habits{}) }}
	p := sim.Plan{Target: "hasty", Workload: "echo", Seed: 1, Nodes: 5, Time: time.Second}
	first, err := sim.Run(context.Background(), system, p, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = sim.CheckDeterminism(context.Background(), system, p, first)
	if !errors.Is(err, sim.ErrNondeterministic) || !strings.Contains(err.Error(), "the last reaction before was to:") {
		t.Errorf("it says: %v", err)
	}
}

func TestTheDemoIsDeterministic(t *testing.T) {
	p := plan("register", "partition,kill", 5)
	if err := sim.CheckDeterminism(context.Background(), demo.New(), p, run(t, p, sim.Options{})); err != nil {
		t.Error(err)
	}
}

// Results come in the order of their seeds, and are the same for any number of
// workers.
func TestWorkersChangeNothing(t *testing.T) {
	campaign := func(workers int) (seeds []int64, sums []uint64) {
		c := sim.Campaign{
			Target: demo.New(), Workers: workers, CheckDeterminism: 4,
			Plan: func(seed int64) sim.Plan {
				p := plan("register", "partition,kill", seed)
				p.Time = 2 * time.Second
				return p
			},
		}
		c.Run(context.Background(), slices.Values([]int64{5, 3, 9, 1, 2, 8}), func(r sim.Result) bool {
			if r.Err != nil || r.Validity() != checkers.Valid {
				t.Errorf("seed %d is %s: %v", r.Seed, r.Validity(), r.Err)
				return false
			}
			seeds, sums = append(seeds, r.Seed), append(sums, r.Outcome.Sum)
			return r.Seed != 2
		})
		return seeds, sums
	}
	seeds, sums := campaign(1)
	if !slices.Equal(seeds, []int64{5, 3, 9, 1, 2}) {
		t.Errorf("seeds came as %v", seeds)
	}
	if others, again := campaign(3); !slices.Equal(others, seeds) || !slices.Equal(again, sums) {
		t.Errorf("three workers gave %v with %x, one %v with %x", others, again, seeds, sums)
	}
}
