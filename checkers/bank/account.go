package bank

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// gravity is the order in which anomalies are told.
var gravity = [...]string{WrongTotal, NegativeBalance, MissingAccount, UnknownAccount, DuplicatedAccount, Unexplained}

// account is what was found, over all banks.
type account struct {
	banks, reads, transfers int
	// compared are the reads whose totals were compared with a known one or with each
	// other. Those with the right one are explained, or unexplained findings, or
	// undecided, as too many transfers may be behind them, or of a bank whose
	// beginning is not known.
	compared, explained, undecided, unfounded int
	// cut is set if the time was over before all was tried, or all that may be tried was.
	cut bool
	// stale are those of which no more is demanded.
	stale int
	// followed says that a read was invoked after a transfer was acknowledged.
	followed bool
	found    map[string]int
	findings map[string][]checkers.Finding
	// totals are what the banks hold.
	totals []string
}

func (a *account) add(ctx context.Context, b *bank, tries *int) {
	b.agree()
	a.banks++
	a.reads += len(b.reads)
	a.transfers += len(b.transfers)
	for i := range b.transfers {
		a.addTransfer(b, &b.transfers[i])
	}
	if b.known {
		a.totals = append(a.totals, checkers.Number(b.total))
	}
	whole := 0
	s := b.sweep()
	for i := range b.reads {
		r := &b.reads[i]
		s.to(r)
		a.followed = a.followed || len(s.done) > 0
		a.addAccounts(b, r)
		if !r.whole() {
			continue
		}
		whole++
		if r.total != b.total {
			a.tell(WrongTotal, func() checkers.Finding { return s.tellWrongTotal(r) })
			continue
		}
		if b.config.Stale {
			a.stale++
			continue
		}
		if b.initial == nil {
			a.unfounded++
			continue
		}
		a.explain(ctx, s, r, tries)
	}
	if b.agreed == none || whole > 1 {
		a.compared += whole
	}
}

func (a *account) explain(ctx context.Context, s *sweep, r *reading, tries *int) {
	switch s.explained(ctx, r, tries) {
	case yes:
		a.explained++
	case open:
		a.undecided++
		a.cut = a.cut || ctx.Err() != nil || *tries <= 0
	case no:
		a.tell(Unexplained, func() checkers.Finding { return s.tellUnexplained(r) })
	}
}

// addTransfer finds acknowledged transfers of accounts that do not exist. If no
// read can tell which there are, nothing is known of that.
func (a *account) addTransfer(b *bank, t *transfer) {
	if t.done == never || b.config.Balances == nil && b.config.Accounts == nil && len(b.reads) == 0 {
		return
	}
	for _, account := range []int{t.from, t.to} {
		if !b.exists[account] {
			a.tell(UnknownAccount, func() checkers.Finding { return b.tellUnknownTransfer(t, account) })
			return
		}
	}
}

// addAccounts finds what is wrong with the accounts of a read.
func (a *account) addAccounts(b *bank, r *reading) {
	if b.config.ForbidNegative {
		if at := slices.IndexFunc(r.balances, func(held balance) bool { return held.amount < 0 }); at >= 0 {
			a.tell(NegativeBalance, func() checkers.Finding { return b.tellNegative(r, r.balances[at]) })
		}
	}
	if r.accounts.missing {
		a.tell(MissingAccount, func() checkers.Finding { return b.tellMissing(r) })
	}
	if r.accounts.unknown != none {
		a.tell(UnknownAccount, func() checkers.Finding { return b.tellUnknown(r) })
	}
	if r.accounts.twice != none {
		a.tell(DuplicatedAccount, func() checkers.Finding { return b.tellDuplicated(r) })
	}
}

func (a *account) tell(anomaly string, text func() checkers.Finding) {
	if a.found[anomaly]++; len(a.findings[anomaly]) < mostFindings {
		a.findings[anomaly] = append(a.findings[anomaly], text())
	}
}

func (a *account) conclude(v checkers.Verdict) checkers.Verdict {
	v.Stats = a.stats()
	for _, anomaly := range gravity {
		v.Findings = append(v.Findings, a.findings[anomaly]...)
	}
	switch {
	case len(v.Findings) > 0:
		v.Validity, v.Reason = checkers.Invalid, a.accusation()
	case a.reads == 0:
		v.Reason = "no read succeeded: there is nothing to judge"
	case !a.followed:
		v.Reason = "no read followed the acknowledgement of a transfer: there is nothing to judge"
	case a.compared == 0:
		v.Reason = "there is only one read, and nothing to compare it with"
	case a.cut || a.undecided > 0 && a.explained == 0:
		v.Reason = fmt.Sprintf("%s, but which transfers explain them could not be told, for which a larger budget may be enough: %s", a.totalsAgree(), a.explanations())
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s, and %s", a.totalsAgree(), a.explanations())
	}
	return v
}

func (a *account) totalsAgree() string {
	reads := checkers.Count(a.compared, "read adds", "reads add")
	if a.banks == 1 {
		return fmt.Sprintf("%s up to %s", reads, a.totals[0])
	}
	return fmt.Sprintf("%s up to what each of %s has", reads, checkers.Count(a.banks, "bank"))
}

func (a *account) explanations() string {
	if a.stale > 0 {
		return "more is not demanded, for they may be stale"
	}
	if a.undecided+a.unfounded == 0 {
		return "each is explained by transfers that can have happened"
	}
	text := fmt.Sprintf("transfers that can have happened explain %s of them", checkers.Number(a.explained))
	if a.undecided > 0 {
		text += fmt.Sprintf("; behind %s may be too many transfers to tell", checkers.Number(a.undecided))
	}
	if a.unfounded > 0 {
		text += fmt.Sprintf("; what the accounts of %s began with is not known", checkers.Number(a.unfounded))
	}
	return text
}

func (a *account) accusation() string {
	words := map[string]string{
		WrongTotal:        checkers.Count(a.found[WrongTotal], "read has", "reads have") + " a wrong total",
		NegativeBalance:   checkers.Count(a.found[NegativeBalance], "read has", "reads have") + " an overdrawn account",
		MissingAccount:    checkers.Count(a.found[MissingAccount], "read lacks", "reads lack") + " an account",
		UnknownAccount:    checkers.Count(a.found[UnknownAccount], "operation has", "operations have") + " an account that does not exist",
		DuplicatedAccount: checkers.Count(a.found[DuplicatedAccount], "read has", "reads have") + " an account twice",
		Unexplained:       checkers.Count(a.found[Unexplained], "read shows", "reads show") + " balances that no transfers explain",
	}
	var said []string
	for _, anomaly := range gravity {
		if a.found[anomaly] > 0 {
			said = append(said, words[anomaly])
		}
	}
	return fmt.Sprintf("%s (of %s)", strings.Join(said, "; "), checkers.Count(a.reads, "read"))
}

func (a *account) stats() []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "reads", Value: checkers.Number(a.reads)},
		{Name: "transfers that may have happened", Value: checkers.Number(a.transfers)},
		{Name: "reads with a wrong total", Value: checkers.Number(a.found[WrongTotal])},
		{Name: "reads explained by transfers", Value: checkers.Number(a.explained)},
		{Name: "reads not explained by any", Value: checkers.Number(a.found[Unexplained])},
		{Name: "reads with too many transfers to try", Value: checkers.Number(a.undecided)},
		{Name: "banks", Value: checkers.Number(a.banks)},
	}
	if len(a.totals) > 0 && a.banks == 1 {
		stats = append(stats, checkers.Stat{Name: "total", Value: a.totals[0]})
	}
	return stats
}
