package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// How much a picture holds before nobody can read it any more.
const (
	mostCulprits   = 12
	mostShown      = 36
	mostNeighbours = 6
	// crowded is the number of calls from which on no neighbours are added.
	crowded = 20
)

// scene is what a finding is explained with.
type scene struct {
	// calls are in the order of their invocations.
	calls []history.Call
	// role says why a call is shown, by its invocation index.
	role map[int]role
	// left is how many calls the finding names that are not shown.
	left int
	// links are what calls have to do with each other.
	links []link
	// steps are the numbers under which the text tells of calls.
	steps map[int]string
}

// role is why a call is shown.
type role uint8

const (
	neighbour role = iota // it was going on nearby on the same key
	context               // the finding says that one needs it to follow
	culprit               // the finding rests on it
)

// choose picks the calls that explain a finding: the culprits, then of the
// context what was going on next to them, then neighbours on the same key.
func choose(calls []history.Call, f checkers.Finding) scene {
	s := scene{role: map[int]role{}}
	culprits := lookUp(calls, f.Culprits)
	if len(culprits) > mostCulprits {
		s.left += len(culprits) - mostCulprits
		culprits = culprits[:mostCulprits]
	}
	s.add(culprits, culprit)

	others := slices.DeleteFunc(lookUp(calls, f.Context), s.has)
	others = slices.DeleteFunc(others, func(c history.Call) bool { return slices.Contains(f.Culprits, c.Invoke) })
	if room := mostShown - len(s.calls); len(others) > room {
		s.left += len(others) - room
		others = nearest(others, culprits, room)
	}
	s.add(others, context)
	s.add(s.sources(calls), context)

	if len(s.calls) > 0 && len(s.calls) < crowded {
		s.add(nearest(s.around(calls, f.Key), culprits, mostNeighbours), neighbour)
	}
	slices.SortFunc(s.calls, func(a, b history.Call) int { return cmp.Compare(a.Invoke, b.Invoke) })
	s.link(calls, f)
	return s
}

// sources are the calls, not among those shown so far, that left what the culprits
// found: where a value comes from must be seen, however long before that was.
func (s *scene) sources(calls []history.Call) []history.Call {
	var found []history.Call
	makers := makersOf(calls, s.calls)
	for _, c := range s.calls {
		from, ok := makers.of(c)
		known := s.has(from) || slices.ContainsFunc(found, func(o history.Call) bool { return o.Invoke == from.Invoke })
		if ok && !known && s.role[c.Invoke] == culprit && len(s.calls)+len(found) < mostShown {
			found = append(found, from)
		}
	}
	return found
}

func (s *scene) add(calls []history.Call, as role) {
	for _, c := range calls {
		s.role[c.Invoke] = as
	}
	s.calls = append(s.calls, calls...)
}

func (s *scene) has(c history.Call) bool {
	_, is := s.role[c.Invoke]
	return is
}

// around are the other calls on the key that could matter: not those that
// certainly had no effect, unless they tell what the object did not hold.
func (s *scene) around(calls []history.Call, key string) []history.Call {
	var found []history.Call
	for _, c := range calls {
		idle := c.Type == history.Fail && c.Error != history.Mismatch
		if c.Key == key && !idle && !s.has(c) {
			found = append(found, c)
		}
	}
	return found
}

// lookUp finds calls by their invocation indexes; what is not there is passed
// over, each is given once.
func lookUp(calls []history.Call, invocations []int) []history.Call {
	var found []history.Call
	seen := map[int]bool{}
	for _, invoke := range invocations {
		at, is := slices.BinarySearchFunc(calls, invoke, func(c history.Call, invoke int) int {
			return cmp.Compare(c.Invoke, invoke)
		})
		if is && !seen[invoke] {
			seen[invoke] = true
			found = append(found, calls[at])
		}
	}
	return found
}

// nearest are so many of the calls, those that were going on at the time of the
// others first.
func nearest(calls, others []history.Call, most int) []history.Call {
	distances := make([]place, len(calls))
	for i, c := range calls {
		distances[i] = place{i, distance(c, others)}
	}
	slices.SortStableFunc(distances, func(a, b place) int { return cmp.Compare(a.distance, b.distance) })
	var found []history.Call
	for _, p := range distances[:min(most, len(distances))] {
		found = append(found, calls[p.call])
	}
	return found
}

type place struct {
	call     int
	distance time.Duration
}

// distance is the time between a call and the nearest of the others; 0 if they
// overlap. What is indeterminate is where it began, not all over the rest of
// the run.
func distance(c history.Call, others []history.Call) time.Duration {
	least := history.Never
	for _, o := range others {
		apart := max(c.Start-last(o), o.Start-last(c), 0)
		least = min(least, apart)
	}
	return least
}

func last(c history.Call) time.Duration {
	if c.End == history.Never {
		return c.Start
	}
	return c.End
}
