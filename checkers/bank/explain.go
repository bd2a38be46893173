package bank

import (
	"cmp"
	"context"
	"slices"
)

// How hard it is tried to explain reads.
const (
	// mostOptional is how many transfers there may be of which a read can show some.
	mostOptional = 64
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
}

func (b *bank) sweep() *sweep {
	s := &sweep{b: b, balances: make([]int, len(b.names))}
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
// its balances.
func (s *sweep) explained(ctx context.Context, r *reading, tries *int) answer {
	some, all := s.optional(r)
	if !all || ctx.Err() != nil {
		return open
	}
	c := &choice{lacks: s.lacks(r), tries: min(mostTries, *tries)}
	for _, i := range some {
		c.transfers = append(c.transfers, s.b.transfers[i])
	}
	*tries -= c.tries
	found := c.search()
	*tries += c.tries
	return found
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
	lacks     []int
	// in and out are what the transfers that are not decided on can still bring to
	// and take from each account.
	in, out []int
	tries   int
}

func (c *choice) search() answer {
	if !slices.ContainsFunc(c.lacks, func(amount int) bool { return amount != 0 }) {
		return yes // none of them
	}
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
	return c.decide(0, never)
}

// possible says that the account can still come to what it should hold. Sums that
// are too large for an integer exclude nothing.
func (c *choice) possible(account int) bool {
	lacks, in, out := c.lacks[account], c.in[account], c.out[account]
	return in < 0 || out < 0 || lacks <= in && lacks >= -out
}

// decide tries the choices of the transfers from the n-th on, of which no one may
// be taken that was invoked after the barrier: when one that was not taken was
// acknowledged.
func (c *choice) decide(n, barrier int) answer {
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
	if t.invoke < barrier {
		c.move(t, -1)
		if c.possible(t.from) && c.possible(t.to) {
			found = c.decide(n+1, barrier)
		}
		c.move(t, +1)
	}
	if found == no && c.possible(t.from) && c.possible(t.to) {
		found = c.decide(n+1, min(barrier, t.done))
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
