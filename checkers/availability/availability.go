// Package availability says which share of the operations of a run was answered
// and how fast, without faults, under each fault and on each side of a partition,
// and how long the nodes took to recover. A figure breaks a verdict only if it was
// demanded; the package says nothing about whether the answers were right.
package availability

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/distribution"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies, by the names that findings bear.
const (
	// Unavailable: too small a share of the operations was answered.
	Unavailable = "unavailable"
	// SlowRecovery: a node took too long to answer again after a fault.
	SlowRecovery = "slow-recovery"
	// Slow: answers took too long.
	Slow = "slow"
)

// Demands are what a system has to achieve. A zero demands nothing.
type Demands struct {
	// MinSuccess is the least share, from 0 to 1, of operations that must be
	// answered while no fault is in force.
	MinSuccess float64 `json:"min_success,omitempty"`
	// MinSuccessUnderFaults is the least share in each fault window.
	MinSuccessUnderFaults float64 `json:"min_success_under_faults,omitempty"`
	// MaxRecovery is how long any node may take to recover after a fault window.
	MaxRecovery time.Duration `json:"max_recovery_ns,omitempty"`
	// MaxLatency is the greatest 99th percentile of the latencies of answered
	// operations while no fault is in force.
	MaxLatency time.Duration `json:"max_latency_ns,omitempty"`
}

// Or are these demands, and the others where these are zero.
func (d Demands) Or(others Demands) Demands {
	return Demands{
		MinSuccess:            cmp.Or(d.MinSuccess, others.MinSuccess),
		MinSuccessUnderFaults: cmp.Or(d.MinSuccessUnderFaults, others.MinSuccessUnderFaults),
		MaxRecovery:           cmp.Or(d.MaxRecovery, others.MaxRecovery),
		MaxLatency:            cmp.Or(d.MaxLatency, others.MaxLatency),
	}
}

// New is a checker of availability. Its figures are defined as follows.
//
//   - An operation is answered if it is Ok, or Fail with a mismatch: that is the
//     system's own, correct answer. Other failures and unknown outcomes are not
//     answers. Latency is the time from the invocation of an answered operation
//     to its completion, and quantiles are exact, by the nearest rank.
//   - A fault window is a longest time in which at least one fault may have been
//     in force: from where the history begins to inject it until it is seen to be
//     gone; faults that overlap share a window. An operation was under faults, in
//     each window of which it shares a moment, or else without faults. The one
//     without a completion lasts until the end of the history.
//   - A side of a partition has the operations of clients of its nodes.
//   - A node has recovered from a window with the completion of the first
//     operation, invoked on it after the window, that was answered and begins a
//     row of five, in the order of their invocations, of which as many were
//     answered as before the first fault: the node's share of answers then, times
//     five, rounded down. Without operations before that time it has to be all
//     five, and a node that answered less than one in five is not judged. A row at
//     the end of the history may be shorter, with as many answers in proportion.
//     Time counts from the first operation invoked on the node after the window: a node
//     that nobody asks cannot answer. Recovery can be observed until the next
//     window begins; what a node failed to answer across that border counts for
//     nothing.
//
// A demand that is proven to be broken makes the verdict Invalid. One about which
// the history says too little, such as a recovery that the next fault cut short,
// makes it Unknown. With no demands every history with operations is Valid.
//
// Clients stay with their nodes. If only a leader answers, the share of a node
// changes with its role, and neither MaxRecovery nor a share near 1 should be
// demanded.
func New(d Demands) checkers.Checker { return checker{d} }

type checker struct{ demands Demands }

func (checker) Name() string { return "availability" }
func (checker) About() string {
	return "how many operations were answered, how fast, and how soon nodes recovered; invalid only if more was demanded"
}

func (c checker) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: c.Name()}
	r := observe(h)
	if len(r.operations) == 0 {
		v.Reason = "no client did anything"
		return v, nil
	}
	if !r.recoveries(ctx) {
		v.Reason = "the checker ran out of its budget"
		return v, nil
	}
	r.sum()
	v.Stats = r.stats()
	c.demands.judge(r).conclude(&v, r)
	return v, nil
}

// judgement is what is to be said of the demands.
type judgement struct {
	met, broken, open []string
	findings          []checkers.Finding
}

func (j *judgement) conclude(v *checkers.Verdict, r *run) {
	v.Findings = j.findings
	switch {
	case len(j.broken) > 0:
		v.Validity, v.Reason = checkers.Invalid, few(j.broken)
	case len(j.open) > 0:
		v.Reason = few(j.open)
	case len(j.met) > 0:
		v.Validity, v.Reason = checkers.Valid, "as demanded, "+strings.Join(j.met, "; ")
	default:
		v.Validity, v.Reason = checkers.Valid, fmt.Sprintf("nothing was demanded; %s answered", r.all.share())
	}
}

// few keeps a sentence one.
func few(all []string) string {
	const most = 3
	text := strings.Join(all[:min(len(all), most)], "; ")
	if more := len(all) - most; more > 0 {
		text += fmt.Sprintf("; and %d more of this kind", more)
	}
	return text
}

// judge compares the figures with the demands, the gravest first.
func (d Demands) judge(r *run) *judgement {
	j := &judgement{}
	if d.MinSuccess > 0 {
		d.judgeCalm(r, j)
	}
	if d.MinSuccessUnderFaults > 0 {
		d.judgeWindows(r, j)
	}
	if d.MaxRecovery > 0 {
		d.judgeRecovery(r, j)
	}
	if d.MaxLatency > 0 {
		d.judgeLatency(r, j)
	}
	return j
}

func (d Demands) judgeCalm(r *run, j *judgement) {
	switch {
	case r.calm.calls == 0:
		j.open = append(j.open, "there was no operation without faults, of which a share could have been answered")
	case r.calm.below(d.MinSuccess):
		j.broken = append(j.broken, fmt.Sprintf("only %s answered without faults, not the demanded %s", r.calm.share(), percent(d.MinSuccess)))
		j.findings = append(j.findings, r.tellUnavailable(&r.calm, "while no fault was in force", d.MinSuccess))
	default:
		j.met = append(j.met, fmt.Sprintf("at least %s of the operations without faults were answered (%s of %s)", percent(d.MinSuccess), r.calm.percent(), checkers.Number(r.calm.calls)))
	}
}

func (d Demands) judgeWindows(r *run, j *judgement) {
	seen, broken := 0, 0
	for i := range r.windows {
		w := &r.windows[i]
		if w.figures.calls == 0 {
			continue
		}
		seen++
		if w.figures.below(d.MinSuccessUnderFaults) {
			broken++
			j.broken = append(j.broken, fmt.Sprintf("only %s answered during %s, not the demanded %s", w.figures.share(), w.name(), percent(d.MinSuccessUnderFaults)))
			j.add(r.tellUnavailable(&w.figures, "during "+w.described(), d.MinSuccessUnderFaults))
		}
	}
	switch {
	case seen == 0:
		j.open = append(j.open, "there was no operation under faults, of which a share could have been answered")
	case broken == 0:
		j.met = append(j.met, fmt.Sprintf("at least %s of the operations were answered in each fault window that had any", percent(d.MinSuccessUnderFaults)))
	}
}

func (d Demands) judgeRecovery(r *run, j *judgement) {
	judged, broken, open := 0, 0, ""
	for i := range r.windows {
		if !r.windows[i].healed && open == "" {
			open = fmt.Sprintf("whether anything recovered from %s cannot be told: it was not verified healed", r.windows[i].name())
		}
		for _, seen := range r.windows[i].recoveries {
			switch limit := d.MaxRecovery; {
			case seen.atLeast > limit:
				broken++
				j.broken = append(j.broken, fmt.Sprintf("%s took %s to recover from %s, not the demanded %s", r.nodeName(seen.node), seen.text(), r.windows[i].name(), distribution.Text(limit)))
				j.add(r.tellRecovery(&r.windows[i], seen, limit))
			case seen.recovered:
				judged++
			case open == "":
				open = fmt.Sprintf("whether %s recovered from %s within %s cannot be told: %s", r.nodeName(seen.node), r.windows[i].name(), distribution.Text(limit), seen.why())
			}
		}
	}
	switch {
	case broken > 0:
	case open != "":
		j.open = append(j.open, open)
	case judged == 0:
		j.open = append(j.open, "there was no recovery that could have been measured")
	default:
		j.met = append(j.met, fmt.Sprintf("every node recovered within %s after each fault window", distribution.Text(d.MaxRecovery)))
	}
}

func (d Demands) judgeLatency(r *run, j *judgement) {
	p99 := r.calm.latencies.Quantile(99)
	switch {
	case len(r.calm.latencies) == 0:
		j.open = append(j.open, "no operation without faults was answered, so that there is no latency")
	case p99 > d.MaxLatency:
		j.broken = append(j.broken, fmt.Sprintf("the 99th percentile of the latencies without faults was %s, not the demanded %s", distribution.Text(p99), distribution.Text(d.MaxLatency)))
		j.add(r.tellSlow(d.MaxLatency))
	default:
		j.met = append(j.met, fmt.Sprintf("the 99th percentile of the latencies without faults was at most %s (%s)", distribution.Text(d.MaxLatency), distribution.Text(p99)))
	}
}

// add adds a finding, of the first ten.
func (j *judgement) add(f checkers.Finding) {
	const mostFindings = 10
	if len(j.findings) < mostFindings {
		j.findings = append(j.findings, f)
	}
}
