// Package bank decides from the transfers and whole reads of a bank whether money
// was made or lost, an account vanished or came out of nowhere, and, where few
// transfers can have happened meanwhile, whether each read is one that some choice
// of them explains. What it finds is certain. It does not decide whether all reads
// together have one order, which is linearizability.
package bank

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// WrongTotal: the balances of a read add up to something else than they should.
	WrongTotal = "wrong-total"
	// NegativeBalance: an account is overdrawn, and that is forbidden.
	NegativeBalance = "negative-balance"
	// MissingAccount: an account, or its balance, is missing from a read.
	MissingAccount = "missing-account"
	// UnknownAccount: a read has an account that does not exist, or money was moved
	// to or from one.
	UnknownAccount = "unknown-account"
	// DuplicatedAccount: an account is more than once in a read.
	DuplicatedAccount = "duplicated-account"
	// Unexplained: no choice of the transfers that can have happened gives the
	// balances of a read.
	Unexplained = "unexplained"
)

// Config is what is known of a bank. The zero Config knows nothing: it takes from
// the reads what they agree on.
type Config struct {
	// Balances are what each account held in the beginning.
	Balances map[string]int
	// Accounts are the accounts, if their balances are not known; nil are those that
	// most reads have.
	Accounts []string
	// Total is what they hold together, if their balances are not known; nil is what
	// most reads, or of several such numbers the first, add up to.
	Total *int
	// ForbidNegative says that no account may ever be overdrawn.
	ForbidNegative bool
	// Stale says that a read may be of an older state, and that transfers may take
	// effect in another order than in real time: no read is unexplained then.
	Stale bool
}

// New is a checker of banks, one for each key, whose accounts never change, only
// what they hold. Accounts are strings or integers; 1 and "1" are the same.
// Operations are
//
//   - transfer: of [from, to, amount] or {"from": ..., "to": ..., "amount": ...};
//   - read: Ok with a list of [account, balance] or an object {account: balance}, all
//     accounts at one moment. An account whose balance is null is missing.
//
// A Fail had no effect, and an Info transfer may have had one at any later time, or
// never. What breaks a promise is:
//
//   - missing-account, unknown-account, duplicated-account. A read has other
//     accounts than the bank, or a transfer to or from another one was acknowledged.
//     Such reads are not judged any further.
//   - negative-balance, if it is forbidden.
//   - wrong-total. The smallest set of transfers is looked for, up to three, of
//     which one half each, only the debit or only the credit, makes the difference.
//     That they are to blame is likely, but not proven.
//   - unexplained. A read shows all transfers that were acknowledged before it was
//     invoked, and some of those that were invoked before it was done; if it shows
//     one, it shows every other that was acknowledged before that one was invoked.
//     The read is unexplained if all such choices were tried and none gives its
//     balances. What the accounts held in the beginning is the Config's or that of
//     the first right read done before any transfer was invoked; without either, or
//     where there are too many choices, nothing is claimed, and the verdict says so.
//     Nothing is if reads may be stale.
func New(c Config) checkers.Checker { return checker{c} }

type checker struct{ config Config }

func (checker) Name() string { return "bank" }
func (checker) About() string {
	return "no money is made or lost by transfers, and each read is one that they explain"
}

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	a := &account{found: map[string]int{}, findings: map[string][]checkers.Finding{}}
	tries := allTries
	for _, k := range history.ByKey(h.Calls()) {
		b, err := parse(k, c.config)
		if err != nil {
			v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
			return v, nil
		}
		a.add(ctx, b, &tries)
	}
	return a.conclude(v), nil
}
