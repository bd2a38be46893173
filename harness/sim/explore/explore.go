// Package explore visits every state that a distributed system can get into,
// and judges all of them: an exhaustive exploration, or model checking, of
// protocols that are written as actors (harness/actor), the same code that runs as
// a process. What it finds wrong it shows as the steps that lead there, a shortest
// way first; what it finds right is right for all orders of messages, timers and
// faults of that System. It says nothing about larger systems, and nothing
// about time: any timer that is set may fire.
//
// There are two kinds of things to explore:
//
//   - a System is a few nodes (actors), clients that make requests, a Network, and
//     a budget for each kind of fault;
//   - a Model is anything else that has states and steps.
//
// States are plain Go values. Nobody writes Hash, Equal or Clone: what makes two
// states equal is derived from their types. Each reaction of an actor is computed
// twice from copies, and an actor that reacts differently, or that keeps
// something outside of its state, is an error and not a verdict.
//
// The search goes level by level (Options.Search), so that the counts, the depth
// and the counterexamples do not depend on how many Workers there are. States are
// remembered as fingerprints of 64 bits; Result.Collision is how likely it is
// that two of them were taken for one, and Options.Exact rules it out.
//
// What is counted, as by TLC and Stateright: unique states with the initial ones;
// generated, which are the initial states and every successor, seen before or not;
// and depth, the number of states on the longest of all shortest ways to a state.
package explore

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/checkers"
)

// Explorer is what can be explored: a System or a Model.
type Explorer interface {
	// Explore visits all states and judges them. The error is about a System or
	// Model that cannot be explored; what was wrong with its behaviour is in the
	// Result. If the context ends first, the Result tells how far it came.
	Explore(ctx context.Context, o Options) (*Result, error)
}

// Options say how to search. The zero Options visit all states with one worker
// for each processor until something is found to be wrong.
type Options struct {
	// Search is the order in which states are visited.
	Search Search
	// Workers is how many goroutines search; GOMAXPROCS if 0. Actors, boundaries,
	// properties, what reads answers and checkers are called by all of them at the same
	// time.
	Workers int
	// Exhaust goes on after a violation, until all states were visited, and counts
	// violations. Otherwise the search ends after the level of the first one.
	Exhaust bool
	// MaxStates, MaxDepth and MaxMemory (bytes of this process) end a search that
	// is too large, with properties Unknown that might still have been violated.
	// States at MaxDepth are judged, but their successors are not visited. Zero
	// is no limit.
	MaxStates, MaxDepth, MaxMemory int
	// Exact compares states, not just their fingerprints. It takes several times
	// the memory.
	Exact bool
	// Progress is called every now and then, by one goroutine at a time.
	Progress func(Progress)
	// Every is how often Progress is called; a second if 0.
	Every time.Duration
}

// Search is an order of visiting states.
type Search int

const (
	// BreadthFirst visits states by their distance from the start: it finds
	// shortest counterexamples.
	BreadthFirst Search = iota
	// DepthFirst follows one way to its end before it turns to another, with one
	// worker: it takes little memory besides that for fingerprints.
	DepthFirst
)

// Progress is how far a search has come.
type Progress struct {
	Unique, Generated, Depth int
	Elapsed                  time.Duration
}

// Rate is how many unique states were visited in a second.
func (p Progress) Rate() float64 { return float64(p.Unique) / max(p.Elapsed.Seconds(), 1e-9) }

// Result is what a search found.
type Result struct {
	Progress
	// Complete says that all states were visited. Otherwise Stopped says why not.
	Complete bool
	Stopped  string
	// Properties are the judgements, in the order in which they were asked for. One
	// that nobody asked for comes last if it was violated: that no node panics.
	Properties []Judgement
	// Collision is about how likely it is that two states were taken for one.
	Collision float64
	// Collisions is how many were found and kept apart, by Options.Exact.
	Collisions int
	// Reactions is how many reactions of actors were computed, and Locals how many
	// states of single nodes there are; 0 for a Model.
	Reactions, Locals int
	// Memory is what the fingerprints occupy, in bytes.
	Memory int
}

// Judgement is what was found about one property.
type Judgement struct {
	Name string
	Kind Kind
	// Validity is Invalid only if there is a proof: a Trace, or, of something that
	// should be possible Sometimes, that all states were visited in vain.
	Validity checkers.Validity
	// Reason says why, in a sentence.
	Reason string
	// Violations is how many of the visited states violate an Always.
	Violations int
	// Trace leads to the violation, or to the first state in which what should be
	// possible Sometimes is the case.
	Trace *Trace
	// Verdict is the checker's own verdict on the history at the end of Trace, if it
	// is a property of histories.
	Verdict *checkers.Verdict
}

// Validity is that of all properties together. It is Unknown if there are none.
func (r *Result) Validity() checkers.Validity {
	if len(r.Properties) == 0 {
		return checkers.Unknown
	}
	all := checkers.Valid
	for _, p := range r.Properties {
		switch {
		case p.Validity == checkers.Invalid:
			return checkers.Invalid
		case p.Validity == checkers.Unknown:
			all = checkers.Unknown
		}
	}
	return all
}

// String is the counts in a line.
func (r *Result) String() string {
	text := fmt.Sprintf("%s, %s generated, depth %d, in %.1f s", checkers.Count(r.Unique, "state"), checkers.Number(r.Generated), r.Depth, r.Elapsed.Seconds())
	if !r.Complete {
		text += "; not all: " + r.Stopped
	}
	return text
}

// Property is the judgement of that name, or nil.
func (r *Result) Property(name string) *Judgement {
	for i := range r.Properties {
		if r.Properties[i].Name == name {
			return &r.Properties[i]
		}
	}
	return nil
}
