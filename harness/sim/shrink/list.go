package shrink

import "slices"

// List is a pass that leaves out items of a list of the plan: ddmin of Zeller and
// Hildebrandt (Simplifying and Isolating Failure-Inducing Input, 2002), which tries
// large parts first. At its end no single item can be left out. The set function
// must return another plan and leave the one that it is given alone.
func List[P, O, T any](get func(P) []T, set func(P, []T) P) Pass[P, O] {
	return func(s *Search[P, O]) {
		for parts := 2; len(get(s.Best)) > 0 && !s.Over(); {
			items := get(s.Best)
			parts = min(parts, len(items))
			switch {
			case leaveOut(s, items, parts, set):
				parts = max(parts-1, 2)
			case parts == len(items):
				return
			default:
				parts = min(2*parts, len(items))
			}
		}
	}
}

// leaveOut tries to do with one of the parts, then without one of them.
func leaveOut[P, O, T any](s *Search[P, O], items []T, parts int, set func(P, []T) P) bool {
	if parts == 2 && s.Try(set(s.Best, nil)) {
		return true
	}
	// From the end: what comes late has less that depends on it.
	for i := parts - 1; i >= 0; i-- {
		from, to := i*len(items)/parts, (i+1)*len(items)/parts
		if s.Try(set(s.Best, slices.Concat(items[:from], items[to:]))) {
			return true
		}
	}
	return false
}

// Each is a pass that tries simpler values for each item of a list, one by one; what
// simpler gives is tried in its order, and the first that fails is kept.
func Each[P, O, T any](get func(P) []T, set func(P, []T) P, simpler func(T) []T) Pass[P, O] {
	return func(s *Search[P, O]) {
		for i := 0; i < len(get(s.Best)) && !s.Over(); i++ {
			simplify(s, i, get, set, simpler)
		}
	}
}

func simplify[P, O, T any](s *Search[P, O], i int, get func(P) []T, set func(P, []T) P, simpler func(T) []T) {
	items := get(s.Best)
	for _, other := range simpler(items[i]) {
		changed := slices.Clone(items)
		changed[i] = other
		if s.Try(set(s.Best, changed)) {
			return
		}
	}
}

// Number is a pass that makes a number of the plan smaller, down to the least one.
// It halves the way as long as that fails, for more than one threshold is rare; it
// promises no more than that the number is not larger than before.
func Number[P, O any, N ~int | ~int64](get func(P) N, set func(P, N) P, least N) Pass[P, O] {
	return func(s *Search[P, O]) {
		low := least
		for low < get(s.Best) && !s.Over() {
			middle := low + (get(s.Best)-low)/2
			if !s.Try(set(s.Best, middle)) {
				low = middle + 1
			}
		}
	}
}
