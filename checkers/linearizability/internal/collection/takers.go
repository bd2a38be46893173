package collection

import "slices"

// Takers are the starts of blind removals that are not yet said to have taken a
// value, in order.
type Takers []int

// Takers are those of all blind removals.
func (l *Lives) Takers() Takers {
	starts := make(Takers, len(l.Blind))
	for n, blind := range l.Blind {
		starts[n] = l.Start(blind)
	}
	return starts
}

// Take is the start of the last one that was invoked before a time, or else of the
// first one. Of those before, it is all the same for whoever is added later.
func (t *Takers) Take(before int) (start int, ok bool) {
	if len(*t) == 0 {
		return 0, false
	}
	at, _ := slices.BinarySearch(*t, before)
	at = max(0, at-1)
	start = (*t)[at]
	*t = slices.Delete(*t, at, at+1)
	return start, true
}
