// Package lease decides whether two owners held a lock at the same time whose holds
// end by themselves. It goes by the time of the history's clock, which is the only
// one that tells when a lease ended; that makes it a checker of its own, since
// linearizability knows only which came first.
//
// It does not judge whether a lock is given back in time, or at all, and not whether
// fencing tokens grow: see the tokens of package checkers/linearizability/lock.
package lease

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// DoubleHold is the anomaly, by the name that findings bear: the lock was given to
// somebody while somebody else certainly held it.
const DoubleHold = "double-hold"

// New is a checker of locks, one for each key, that are held for a time. Operations
// are
//
//   - acquire: Ok with [milliseconds], the time that was granted, or [milliseconds
//     token];
//   - release: Ok, or nobody knows, once the owner gave it back.
//
// The argument of both is the owner, a string or an integer; null is the process
// itself. A Fail had no effect; a refused release is no news either, for what was granted
// was granted for a time.
//
// An owner certainly holds the lock from when its acquire was answered until its
// release was invoked, and no longer than what was granted, counted from when the
// acquire was invoked: the lease may have begun as early as that. The skew is by how
// much the clocks of the system and of the history may differ over one lease, in
// favour of the system. Two certain holds of a lock never overlap.
//
// What is not certain is not counted: acquires of unknown outcome hold nothing, and
// a release ends all holds of its owner whatever became of it, unless it certainly
// failed, and also those that he acquires before it is known to be done. An owner
// who acquires what he holds has renewed it.
func New(skew time.Duration) checkers.Checker { return checker{skew} }

type checker struct{ skew time.Duration }

func (checker) Name() string { return "lease" }
func (checker) About() string {
	return "no two owners hold a lock at the same time, until what was granted is over"
}

func (c checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := account{skew: c.skew}
	for _, k := range history.ByKey(h.Calls()) {
		l, err := parse(k, c.skew)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(l)
	}
	return a.conclude(v), nil
}

// owner is who holds a lock: the one that a call names, or its process.
type owner struct {
	named   history.Kind // null for a process
	process int
	number  int
	text    string
}

// lock is the history of one lock.
type lock struct {
	name  string
	calls []history.Call
	holds []hold
}

// hold is the time for which an owner certainly held the lock: after the end of its
// acquire, and before its release was invoked, if it was, and before what was
// granted was over.
type hold struct {
	owner            owner
	acquire, release int // calls; release is none if there was none
	expires          time.Duration
}

const none = -1

func parse(k history.KeyCalls, skew time.Duration) (*lock, error) {
	l := &lock{name: k.Key, calls: k.Calls}
	owners := map[owner]*standing{}
	for i := range k.Calls {
		call := &k.Calls[i]
		if err := l.add(i, skew, owners); err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", call.Invoke, call.F, checkers.On("lock", k.Key), err)
		}
	}
	return l, nil
}

// standing is how an owner stands while a history is read.
type standing struct {
	// held are the holds that no release has ended yet.
	held []int
	// releasing is until when a release may have its effect, as a place in the
	// history.
	releasing int
}

func (l *lock) add(i int, skew time.Duration, owners map[owner]*standing) error {
	call := &l.calls[i]
	who, err := ownerOf(call)
	if err != nil {
		return err
	}
	s, known := owners[who]
	if !known {
		s = &standing{releasing: none}
		owners[who] = s
	}
	switch {
	case call.F != "acquire" && call.F != "release":
		return fmt.Errorf("a lock has no such operation")
	case call.F == "release" && call.Type != history.Fail:
		l.release(i, s)
	case call.F == "acquire" && call.Type == history.OK:
		granted, err := grantedBy(call)
		if err == nil && call.Invoke > s.releasing {
			s.held = append(s.held, len(l.holds))
			l.holds = append(l.holds, hold{owner: who, acquire: i, release: none, expires: call.Start + granted - skew})
		}
		return err
	}
	return nil
}

// release ends what its owner holds.
func (l *lock) release(i int, s *standing) {
	for _, at := range s.held {
		l.holds[at].release = i
	}
	s.held = s.held[:0]
	if l.calls[i].Type == history.OK {
		s.releasing = max(s.releasing, l.calls[i].Complete)
	} else {
		s.releasing = math.MaxInt
	}
}

func ownerOf(call *history.Call) (who owner, err error) {
	who.named = call.In.Kind()
	switch who.named {
	case history.KindNil:
		who.process = call.Process
	case history.KindInt:
		who.number, _ = call.In.Int()
	case history.KindString:
		who.text, _ = call.In.Text()
	default:
		err = fmt.Errorf("its owner is %v, which is neither a string nor an integer nor null", call.In)
	}
	return who, err
}

// longest is the longest time that can be granted: more would not fit.
const longest = math.MaxInt64 / 4 / int(time.Millisecond)

// grantedBy is the time that an acquire was granted.
func grantedBy(call *history.Call) (time.Duration, error) {
	items, _ := call.Out.Items()
	if len(items) != 1 && len(items) != 2 {
		return 0, fmt.Errorf("it was answered %v, which is neither [milliseconds] nor [milliseconds token]", call.Out)
	}
	granted, ok := items[0].Int()
	if !ok || granted < 0 || granted > longest {
		return 0, fmt.Errorf("it was granted %v, which is no number of milliseconds", items[0])
	}
	return time.Duration(granted) * time.Millisecond, nil
}
