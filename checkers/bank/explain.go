package bank

import (
	"cmp"
	"context"
	"slices"
)

// How hard it is tried to explain reads.
const (
	// mostOptional is how many transfers there may be of which a read can show some.
	mostOptional = 1024
	// mostSurprises is by how many transfers a read may differ from what the reads before
	// it have made of them, when that is tried first.
	mostSurprises = 4
	// mostTries is how many choices of them are begun for a read, and allTries for
	// all of a history.
	mostTries = 1 << 14
	allTries  = 1 << 24
)

// answer says whether a read can be explained.
type answer int

const (
	open answer = iota
	yes
	no
)

// sweep goes through the reads in the order of their invocations, and knows what
// each has to show and may show.
type sweep struct {
	b *bank
	// balances are what the accounts hold after all transfers that were acknowledged
	// so far, and done are these.
	balances []int
	done     []int
	// next is the first transfer that was not invoked so far.
	next int
	// underway are transfers that will be acknowledged, and doubtful those that will
	// not be.
	underway, doubtful []int
	// guesses are, by transfer, what the reads so far have made of it, and reads how
	// many these were.
	guesses []guess
	reads   int
}

// guess says whether the last read that was explained showed a transfer, and since which
// read it has been so. A transfer that was never tried has none.
type guess struct {
	known, shown bool
	since        int
}

func (b *bank) sweep() *sweep {
	s := &sweep{b: b, balances: make([]int, len(b.names)), guesses: make([]guess, len(b.transfers))}
	copy(s.balances, b.initial)
	return s
}

// to goes on to the invocation of a read.
func (s *sweep) to(r *reading) {
	now := s.b.calls[r.call].Invoke
	for ; s.next < len(s.b.transfers) && s.b.transfers[s.next].invoke < now; s.next++ {
		if s.b.transfers[s.next].done == never {
			s.doubtful = append(s.doubtful, s.next)
		} else {
			s.underway = append(s.underway, s.next)
		}
	}
	s.underway = slices.DeleteFunc(s.underway, func(i int) bool {
		t := &s.b.transfers[i]
		if t.done > now {
			return false
		}
		s.balances[t.from] -= t.amount
		s.balances[t.to] += t.amount
		s.done = append(s.done, i)
		return true
	})
}

// optional are the transfers that a read can show or not, in the order of their
// invocations, and whether these are all: it stops with too many.
func (s *sweep) optional(r *reading) (some []int, all bool) {
	if len(s.doubtful) > mostOptional {
		return nil, false
	}
	some = append(slices.Clone(s.doubtful), s.underway...)
	slices.Sort(some)
	end := s.b.calls[r.call].Complete
	for i := s.next; i < len(s.b.transfers) && s.b.transfers[i].invoke < end && len(some) <= mostOptional; i++ {
		some = append(some, i)
	}
	return some, len(some) <= mostOptional
}

// explained says whether some choice of the transfers that a read can show gives
// its balances. There may be hundreds of them, of operations that nobody was told of, and
// a choice is found all the same: a read shows what the one before it has shown, but for
// a few.
func (s *sweep) explained(ctx context.Context, r *reading, tries *int) answer {
	some, all := s.optional(r)
	if !all || *tries <= 0 || ctx.Err() != nil {
		return open
	}
	s.reads++
	slices.SortStableFunc(some, func(i, j int) int { return s.guesses[i].compare(s.guesses[j]) })
	c := &choice{lacks: s.lacks(r), shown: make([]bool, len(some)), tries: min(mostTries, *tries)}
	for _, i := range some {
		c.transfers = append(c.transfers, s.b.transfers[i])
		c.guesses = append(c.guesses, s.guesses[i].shown)
	}
	*tries -= c.tries
	found := c.search()
	*tries += c.tries
	if found == yes {
		for n, i := range some {
			if g := &s.guesses[i]; !g.known || g.shown != c.shown[n] {
				*g = guess{known: true, shown: c.shown[n], since: s.reads}
			}
		}
	}
	return found
}

// compare puts what has been so for longest first, and what nobody knows last.
func (g guess) compare(other guess) int {
	switch {
	case g.known && other.known:
		return cmp.Compare(g.since, other.since)
	case g.known:
		return -1
	case other.known:
		return +1
	}
	return 0
}

// lacks is what is missing from the balances to be those of a read.
func (s *sweep) lacks(r *reading) []int {
	lacks := s.b.vector(r)
	for account, amount := range s.balances {
		lacks[account] -= amount
	}
	return lacks
}

// choice looks for the transfers that make up for what is lacking.
type choice struct {
	transfers []transfer
	// guesses say which of them are probably shown, and shown which are.
	guesses, shown []bool
	lacks          []int
	// in and out are what the transfers that are not decided on can still bring to
	// and take from each account.
	in, out []int
	tries   int
	// surprised says that a choice was not tried because it differs from the guesses by
	// too many.
	surprised bool
}

// search tries the choices first that differ from the guesses by few (limited
// discrepancy search: Harvey and Ginsberg, 1995), and then all of them.
func (c *choice) search() answer {
	c.in, c.out = make([]int, len(c.lacks)), make([]int, len(c.lacks))
	for _, t := range c.transfers {
		c.in[t.to] += t.amount
		c.out[t.from] += t.amount
	}
	for account := range c.lacks {
		if !c.possible(account) {
			return no
		}
	}
	all := c.tries
	for surprises := range mostSurprises {
		c.surprised = false
		c.tries = all / (2 * mostSurprises)
		all -= c.tries
		found := c.decide(0, never, none, surprises)
		all += max(0, c.tries)
		if found == yes || found == no && !c.surprised {
			c.tries = all
			return found
		}
	}
	c.tries = all
	return c.decide(0, never, none, len(c.transfers))
}

// possible says that the account can still come to what it should hold. Sums that
// are too large for an integer exclude nothing.
func (c *choice) possible(account int) bool {
	lacks, in, out := c.lacks[account], c.in[account], c.out[account]
	return in < 0 || out < 0 || lacks <= in && lacks >= -out
}

// decide tries the choices of the transfers from the n-th on. None may be shown that was
// invoked after the barrier, when one that is not shown was acknowledged, and none left
// out that was acknowledged before the latest one was invoked that is shown.
func (c *choice) decide(n, barrier, latest, surprises int) answer {
	if n == len(c.transfers) {
		return yes // or an account would have been impossible
	}
	if c.tries--; c.tries < 0 {
		return open
	}
	t := c.transfers[n]
	c.in[t.to] -= t.amount
	c.out[t.from] -= t.amount
	found := no
	for _, show := range []bool{c.guesses[n], !c.guesses[n]} {
		left := surprises
		if show != c.guesses[n] {
			left--
		}
		switch {
		case found != no:
		case left < 0:
			c.surprised = true
		case show && t.invoke < barrier:
			c.move(t, -1)
			if c.possible(t.from) && c.possible(t.to) {
				found = c.decide(n+1, barrier, max(latest, t.invoke), left)
			}
			c.move(t, +1)
			c.shown[n] = true
		case !show && t.done > latest && c.possible(t.from) && c.possible(t.to):
			found = c.decide(n+1, min(barrier, t.done), latest, left)
			c.shown[n] = false
		}
	}
	c.in[t.to] += t.amount
	c.out[t.from] += t.amount
	return found
}

func (c *choice) move(t transfer, sign int) {
	c.lacks[t.to] += sign * t.amount
	c.lacks[t.from] -= sign * t.amount
}

// undone is the last transfer that was acknowledged before a read and without which
// the read would be explained, of the last few; none if there is none.
func (s *sweep) undone(r *reading) int {
	const few = 1000
	lacks := s.lacks(r)
	var wrong []int
	for account, amount := range lacks {
		if amount != 0 {
			wrong = append(wrong, account)
		}
	}
	if len(wrong) != 2 {
		return none
	}
	for _, i := range slices.Backward(s.done[max(0, len(s.done)-few):]) {
		t := &s.b.transfers[i]
		if slices.Contains(wrong, t.from) && slices.Contains(wrong, t.to) && lacks[t.from] == t.amount && lacks[t.to] == -t.amount {
			return i
		}
	}
	return none
}

// half is one half of a transfer.
type half struct {
	transfer int
	credit   bool
}

// halves is the smallest set of halves of transfers, up to three, that makes a
// difference to the total: first of those that a read can show or not, then of the
// last that it has to show. It is nil if there is none.
func (s *sweep) halves(r *reading, difference int) []half {
	some, _ := s.optional(r)
	last := slices.Clone(s.done[max(0, len(s.done)-mostOptional):])
	slices.SortFunc(last, func(a, b int) int { return cmp.Compare(b, a) })
	for _, from := range [][]int{some, last} {
		for size := 1; size <= 3; size++ {
			if found := s.sum(from, difference, size); found != nil {
				return found
			}
		}
	}
	return nil
}

// sum finds so many halves that add up to a difference.
func (s *sweep) sum(from []int, difference, size int) []half {
	for n, i := range from {
		amount := s.b.transfers[i].amount
		for _, h := range []struct {
			half
			amount int
		}{{half{i, false}, -amount}, {half{i, true}, amount}} {
			if size == 1 && h.amount == difference && difference != 0 {
				return []half{h.half}
			}
			if size == 1 || amount == 0 {
				continue
			}
			if rest := s.sum(from[n+1:], difference-h.amount, size-1); rest != nil {
				return append([]half{h.half}, rest...)
			}
		}
	}
	return nil
}
