package bank

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

func (s *sweep) tellWrongTotal(r *reading) checkers.Finding {
	b := s.b
	difference := r.total - b.total
	culprits := []int{r.call}
	text := fmt.Sprintf("%s, which hold %d together (%s). They should hold %d", capital(b.did(r.call)), r.total, b.shown(r), b.total)
	if b.agreed != none {
		culprits = append(culprits, b.reads[b.agreed].call)
		text += fmt.Sprintf(", as in other reads, such as this one: %s", b.did(b.reads[b.agreed].call))
	}
	text += ". " + amiss(difference)
	halves := s.halves(r, difference)
	if halves == nil {
		return b.finding(WrongTotal, text+" No one, two or three transfers make that difference by one half each.", culprits)
	}
	var said []string
	var further []int
	for _, h := range halves {
		t := &b.transfers[h.transfer]
		side := fmt.Sprintf("%s debited and %s not credited", b.names[t.from], b.names[t.to])
		if h.credit {
			side = fmt.Sprintf("%s credited and %s not debited", b.names[t.to], b.names[t.from])
		}
		said = append(said, fmt.Sprintf("%s, with %s", b.did(t.call), side))
		further = append(further, t.call)
	}
	text += fmt.Sprintf(" Half of %s would explain that: %s.", checkers.Count(len(halves), "transfer"), strings.Join(said, "; "))
	return b.finding(WrongTotal, text, culprits, further...)
}

// amiss is a sentence about a difference.
func amiss(difference int) string {
	if difference > 0 {
		return fmt.Sprintf("That is %d too much.", difference)
	}
	return fmt.Sprintf("%d are missing.", -difference)
}

func (s *sweep) tellUnexplained(r *reading) checkers.Finding {
	const mostShown = 4
	b := s.b
	some, _ := s.optional(r)
	lacks := s.lacks(r)
	var differ []string
	for account, amount := range lacks {
		if amount != 0 && len(differ) < mostShown {
			differ = append(differ, fmt.Sprintf("%s held %d, not %d", b.names[account], s.balances[account], s.balances[account]+amount))
		}
	}
	before := "No transfer was acknowledged before it, so that"
	if len(s.done) > 0 {
		before = fmt.Sprintf("After %s before it,", checkers.Count(len(s.done), "transfer that was acknowledged", "transfers that were acknowledged"))
	}
	text := fmt.Sprintf("%s: %s. %s %s.", capital(b.did(r.call)), b.shown(r), before, strings.Join(differ, "; "))
	culprits, further := []int{r.call}, []int{}
	if b.learned != none {
		culprits = append(culprits, b.reads[b.learned].call)
		text += fmt.Sprintf(" In the beginning they held what this saw: %s.", b.did(b.reads[b.learned].call))
	}
	if len(some) == 0 {
		text += " No other transfer was invoked before the read was done."
	} else {
		text += fmt.Sprintf(" %s invoked before the read was done and can have taken effect or not; no choice of them in the order of real time makes the balances of the read.",
			checkers.Count(len(some), "other transfer was", "other transfers were"))
	}
	for _, i := range some {
		further = append(further, b.transfers[i].call)
	}
	if i := s.undone(r); i != none {
		culprits = append(culprits, b.transfers[i].call)
		text += fmt.Sprintf(" They would be right without this one, which was acknowledged before: %s.", b.did(b.transfers[i].call))
	}
	return b.finding(Unexplained, text, culprits, further...)
}

func (b *bank) tellNegative(r *reading, held balance) checkers.Finding {
	return b.finding(NegativeBalance, fmt.Sprintf("%s with %d in %s, but no account may be overdrawn.", capital(b.did(r.call)), held.amount, b.names[held.account]), []int{r.call})
}

func (b *bank) tellMissing(r *reading) checkers.Finding {
	const mostShown = 4
	has := map[int]bool{}
	for _, held := range r.balances {
		has[held.account] = has[held.account] || !held.absent
	}
	var lacks []string
	for account, is := range b.exists {
		if is && !has[account] && len(lacks) < mostShown {
			lacks = append(lacks, b.names[account])
		}
	}
	text := fmt.Sprintf("%s (%s) without a balance of %s. The bank has %s%s.", capital(b.did(r.call)), b.shown(r),
		strings.Join(lacks, ", "), checkers.Count(b.accounts, "account"), b.asMost())
	return b.finding(MissingAccount, text, []int{r.call})
}

func (b *bank) tellUnknown(r *reading) checkers.Finding {
	return b.finding(UnknownAccount, fmt.Sprintf("%s with %s, which is no account%s.", capital(b.did(r.call)), b.names[r.accounts.unknown], b.asMost()), []int{r.call})
}

func (b *bank) tellUnknownTransfer(t *transfer, account int) checkers.Finding {
	return b.finding(UnknownAccount, fmt.Sprintf("%s, and that was acknowledged. But %s is no account%s.", capital(b.did(t.call)), b.names[account], b.asMost()), []int{t.call})
}

func (b *bank) tellDuplicated(r *reading) checkers.Finding {
	return b.finding(DuplicatedAccount, fmt.Sprintf("%s with %s more than once (%s).", capital(b.did(r.call)), b.names[r.accounts.twice], b.shown(r)), []int{r.call})
}

// asMost tells where the accounts are known from.
func (b *bank) asMost() string {
	if b.config.Balances == nil && b.config.Accounts == nil {
		return ", going by most reads"
	}
	return ""
}

// shown are the balances of a read, of the first few accounts.
func (b *bank) shown(r *reading) string {
	const most = 12
	var all []string
	for _, held := range r.balances[:min(len(r.balances), most)] {
		amount := strconv.Itoa(held.amount)
		if held.absent {
			amount = "null"
		}
		all = append(all, b.names[held.account]+" "+amount)
	}
	if len(r.balances) > most {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

// finding is a finding about some calls. Further ones help to understand it.
func (b *bank) finding(anomaly, text string, culprits []int, further ...int) checkers.Finding {
	return checkers.Finding{Anomaly: anomaly, Key: b.name, Text: text,
		Culprits: b.invocations(culprits), Context: b.invocations(append(further, culprits...))}
}

// invocations are the places of calls in the history, in order of time.
func (b *bank) invocations(calls []int) []int {
	var at []int
	for _, i := range calls {
		at = append(at, b.calls[i].Invoke)
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// did is a clause about a call: "process 3 (n1) transferred 5 from a to b
// (1.200-1.210 s)".
func (b *bank) did(i int) string {
	call := &b.calls[i]
	verb := "read the accounts"
	if call.F == "transfer" {
		verb = "transferred"
		if call.Type != history.OK {
			verb = "tried to transfer"
		}
		if at, found := slices.BinarySearchFunc(b.transfers, i, func(t transfer, i int) int { return t.call - i }); found {
			t := &b.transfers[at]
			verb += fmt.Sprintf(" %d from %s to %s", t.amount, b.names[t.from], b.names[t.to])
		}
	}
	return fmt.Sprintf("%s %s (%s)", checkers.Who(*call), verb, checkers.When(*call))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
