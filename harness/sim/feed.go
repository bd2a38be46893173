package sim

import (
	"context"
	"slices"
	"time"

	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// journal is what clients were asked to do.
type journal struct{ operations, final []Operation }

// feed hands out the plan's operations, or those of the workload, and notes them.
func (s *simulation) feed(of generator.Generator, rate float64) harness.Feed {
	s.outcome.journal.operations = []Operation{}
	f := &noted{simulation: s, began: s.time.Elapsed(), from: harness.NewFeed(of, rate)}
	if s.plan.Operations != nil {
		f.from = newScore(s.plan.Operations, s.time.Now())
	}
	return f
}

// noted is a feed that is written down.
type noted struct {
	simulation *simulation
	began      time.Duration
	from       harness.Feed
}

func (n *noted) Take(ctx context.Context, client int) (history.Op, bool) {
	op, ok := n.from.Take(ctx, client)
	if ok {
		s := n.simulation
		s.outcome.journal.operations = append(s.outcome.journal.operations, operation(s.time.Elapsed()-n.began, client, op))
	}
	return op, ok
}

func operation(at time.Duration, client int, op history.Op) Operation {
	return Operation{At: at, Client: client, F: op.F, Key: op.Key, Value: op.Value}
}

// score is a feed of operations that are known.
type score struct {
	began time.Time
	parts map[int][]Operation
}

func newScore(all []Operation, began time.Time) *score {
	s := &score{began: began, parts: map[int][]Operation{}}
	for _, o := range all {
		s.parts[o.Client] = append(s.parts[o.Client], o)
	}
	for _, part := range s.parts {
		slices.SortStableFunc(part, func(a, b Operation) int { return int(a.At - b.At) })
	}
	return s
}

// Take implements harness.Feed. When there are no more it waits for the end of
// the load, as clients do who never run out.
func (s *score) Take(ctx context.Context, client int) (history.Op, bool) {
	part := s.parts[client]
	if len(part) == 0 {
		for clock.Sleep(ctx, time.Hour) {
		}
		return history.Op{}, false
	}
	next := part[0]
	if !clock.Sleep(ctx, clock.Until(ctx, s.began.Add(next.At))) {
		return history.Op{}, false
	}
	s.parts[client] = part[1:]
	return next.op(), true
}

// final hands out a worker's last operations, and notes them.
func (s *simulation) final(of generator.Generator, worker int) generator.Generator {
	j := s.outcome.journal
	if j.final == nil {
		j.final = []Operation{}
	}
	if s.plan.Final != nil {
		var ops []history.Op
		for _, o := range s.plan.Final {
			if o.Client == worker {
				ops = append(ops, o.op())
			}
		}
		of = generator.Ops(ops...)
	}
	return generator.Func(func(done *history.Op) (history.Op, bool) {
		op, ok := of.Next(done)
		if ok {
			j.final = append(j.final, operation(0, worker, op))
		}
		return op, ok
	})
}
