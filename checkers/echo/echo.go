// Package echo decides whether a system answers with what it was asked: the smallest
// promise that there is, and the first one that a new node or client can be tried with.
//
// Operations are echo, of an integer, and Ok with the answer. A Fail or Info was not
// answered, which is nothing to be judged.
package echo

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Altered is the anomaly: the answer is not what was asked.
const Altered = "altered"

// mostFindings is how many findings a verdict has at most.
const mostFindings = 20

// New is the checker.
func New() checkers.Checker { return checker{} }

type checker struct{}

func (checker) Name() string { return "echo" }

func (checker) About() string { return "each answer is what was asked" }

func (checker) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	verdict := checkers.Verdict{Checker: "echo"}
	answered, altered := 0, 0
	for _, call := range h.Calls() {
		if call.Process == history.Nemesis {
			continue
		}
		if call.F != "echo" {
			return verdict, fmt.Errorf("echo: op %d: there is no operation %s", call.Invoke, call.F)
		}
		if call.Type != history.OK {
			continue
		}
		answered++
		if call.In.Equal(call.Out) {
			continue
		}
		if altered++; altered <= mostFindings {
			verdict.Findings = append(verdict.Findings, finding(call))
		}
	}
	switch {
	case altered > 0:
		verdict.Validity = checkers.Invalid
		verdict.Reason = fmt.Sprintf("%d of %s answers were not what was asked", altered, checkers.Number(answered))
	case answered == 0:
		verdict.Reason = "nothing was answered"
	default:
		verdict.Validity = checkers.Valid
		verdict.Reason = fmt.Sprintf("all of %s answers were what was asked", checkers.Number(answered))
	}
	return verdict, nil
}

func finding(call history.Call) checkers.Finding {
	return checkers.Finding{
		Anomaly: Altered, Culprits: []int{call.Invoke}, Context: []int{call.Invoke},
		Text: fmt.Sprintf("%s asked for %v (%s) and was answered %v.", checkers.Who(call), call.In, checkers.When(call), call.Out),
	}
}
