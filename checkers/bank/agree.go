package bank

import "slices"

// agree finds out which accounts there are, what they hold together, and what they
// held in the beginning.
func (b *bank) agree() {
	for name := range b.config.Balances {
		b.number(name)
	}
	for _, name := range b.config.Accounts {
		b.number(name)
	}
	b.exists = make([]bool, len(b.names))
	b.agreeOnAccounts()
	b.count()
	b.agreeOnTotal()
	b.agreeOnBeginning()
}

func (b *bank) agreeOnAccounts() {
	if b.config.Balances != nil || b.config.Accounts != nil {
		for name := range b.config.Balances {
			b.exists[b.numbers[name]] = true
		}
		for _, name := range b.config.Accounts {
			b.exists[b.numbers[name]] = true
		}
		return
	}
	seen, last := make([]int, len(b.names)), make([]int, len(b.names))
	for i := range b.reads {
		for _, held := range b.reads[i].balances {
			if last[held.account] <= i { // once in each read
				seen[held.account]++
				last[held.account] = i + 1
			}
		}
	}
	for account, n := range seen {
		b.exists[account] = 2*n > len(b.reads)
	}
}

// count looks at the accounts of all reads.
func (b *bank) count() {
	for _, is := range b.exists {
		if is {
			b.accounts++
		}
	}
	last := make([]int, len(b.names)) // one more than the last read that has it
	for i := range b.reads {
		r := &b.reads[i]
		r.accounts = census{unknown: none, twice: none}
		has := 0
		for _, held := range r.balances {
			switch {
			case last[held.account] == i+1:
				r.accounts.twice = held.account
			case !b.exists[held.account]:
				r.accounts.unknown = held.account
			case !held.absent:
				has++
			}
			last[held.account] = i + 1
		}
		r.accounts.missing = has < b.accounts
	}
}

func (b *bank) agreeOnTotal() {
	switch {
	case b.config.Balances != nil:
		for _, amount := range b.config.Balances {
			b.total += amount
		}
		b.known = true
	case b.config.Total != nil:
		b.total, b.known = *b.config.Total, true
	default:
		b.vote()
	}
}

// vote takes the total of most reads.
func (b *bank) vote() {
	votes, first := map[int]int{}, map[int]int{}
	for i := range b.reads {
		r := &b.reads[i]
		if !r.whole() {
			continue
		}
		if votes[r.total]++; votes[r.total] == 1 {
			first[r.total] = i
		}
	}
	for total, n := range votes {
		most := votes[b.total]
		if !b.known || n > most || n == most && first[total] < first[b.total] {
			b.total, b.agreed, b.known = total, first[total], true
		}
	}
}

// agreeOnBeginning leaves the beginning unknown if transfers name many more accounts
// than there are, since balances are kept of all that have a name.
func (b *bank) agreeOnBeginning() {
	const stray = 1000
	if len(b.names) > 2*b.accounts+stray {
		return
	}
	if b.config.Balances != nil {
		b.initial = make([]int, len(b.names))
		for name, amount := range b.config.Balances {
			b.initial[b.numbers[name]] = amount
		}
		return
	}
	first := never
	if len(b.transfers) > 0 {
		first = b.transfers[0].invoke
	}
	b.learned = slices.IndexFunc(b.reads, func(r reading) bool {
		return r.whole() && r.total == b.total && b.calls[r.call].Complete < first
	})
	if b.learned != none {
		b.initial = b.vector(&b.reads[b.learned])
	}
}

// vector are the balances of a read by account.
func (b *bank) vector(r *reading) []int {
	amounts := make([]int, len(b.names))
	for _, held := range r.balances {
		amounts[held.account] = held.amount
	}
	return amounts
}
