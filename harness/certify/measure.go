package certify

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/ledger"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results/certificate"
)

// answered is as package availability counts: Ok, or the system's own "not equal".
func answered(c history.Call) bool {
	return c.Type == history.OK || c.Type == history.Fail && c.Error == history.Mismatch
}

// sample collects calls of one kind.
type sample struct {
	share     certificate.Share
	latencies []time.Duration
}

func (s *sample) add(c history.Call) {
	s.share.Calls++
	if answered(c) {
		s.share.Answered++
		s.latencies = append(s.latencies, c.End-c.Start)
	}
}

// quantile is by the nearest rank; that of none is 0.
func (s *sample) quantile(percent int) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	slices.Sort(s.latencies)
	rank := (len(s.latencies)*percent + 99) / 100
	return s.latencies[max(rank, 1)-1]
}

// observed is how often messages arrived as far as the history proves it, and the reason.
func observed(ctx context.Context, d done) (name, why string) {
	switch {
	case d.history == nil || d.err != nil:
		return "unknown", d.reason()
	case d.test.Workload.Name() == "ledger":
		return charged(d)
	}
	strict, err := delivery.New(delivery.ExactlyOnce, delivery.Unordered()).Check(ctx, d.history)
	if err != nil {
		return "unknown", err.Error()
	}
	found := anomalies(strict)
	twice := found[delivery.Duplicated] || found[delivery.RedeliveredAfterAck]
	switch {
	case found[delivery.Phantom] || found[delivery.AbortedRead], found[delivery.Lost] && twice:
		return "neither", strict.Reason
	case found[delivery.Lost]:
		return "at most once", strict.Reason
	case twice:
		return atLeastOnce(ctx, d, strict.Reason)
	case strict.Validity == checkers.Valid:
		return "exactly once", strict.Reason
	}
	return "unknown", strict.Reason
}

// atLeastOnce is the answer where messages came twice, unless it is open whether others
// were lost. Copies that a client itself has made may well come after the acknowledgement
// of one of them.
func atLeastOnce(ctx context.Context, d done, twice string) (name, why string) {
	v, err := delivery.New(delivery.AtLeastOnce, delivery.Unordered()).Check(ctx, d.history)
	switch {
	case err != nil:
		return "unknown", err.Error()
	case v.Validity == checkers.Unknown:
		return "unknown", twice + "; " + v.Reason
	}
	return "at least once", twice
}

func anomalies(v checkers.Verdict) map[string]bool {
	found := map[string]bool{}
	for _, f := range v.Findings {
		found[f.Anomaly] = true
	}
	return found
}

// charged tells of a ledger by its findings.
func charged(d done) (name, why string) {
	found := anomalies(d.outcome.Verdict)
	twice, lost := found[ledger.DoubleCharge], found[ledger.Lost]
	switch {
	case twice && lost:
		return "neither", d.reason()
	case twice:
		return "at least once", d.reason()
	case lost:
		return "at most once", d.reason()
	case d.valid():
		return "exactly once", d.reason()
	}
	return "unknown", d.reason()
}

// delivered are the figures of delivery, a line for each kind of client and faults.
func (e *execution) delivered() []certificate.Delivery {
	var all []certificate.Delivery
	for _, d := range e.done {
		if d.part != deliveryPart {
			continue
		}
		line := certificate.Delivery{Workload: d.test.Workload.Name(), Client: d.client, Faults: d.faults, Runs: []int{d.run}}
		line.Observed, line.Why = observed(context.Background(), d)
		all = append(all, line)
	}
	slices.SortStableFunc(all, func(a, b certificate.Delivery) int { return strings.Compare(a.Workload, b.Workload) })
	return all
}

// seen is the strongest consistency that the history of registers does not refute, and by
// how much reads were stale.
func seen(d done) (name, stale string) {
	promise := promiseOf(d.outcome.Verdict)
	for _, part := range promise.Parts {
		if part.Checker == "staleness" {
			stale, _, _ = strings.Cut(part.Reason, ";")
		}
	}
	switch promise.Validity {
	case checkers.Valid:
		if d.test.Workload.Name() == "register" {
			return "linearizable", ""
		}
		return "as promised", ""
	case checkers.Unknown:
		return "unknown: " + promise.Reason, stale
	}
	for _, weaker := range []string{"sequential consistency", "causal consistency", "all session guarantees together"} {
		if kept(promise, weaker) {
			return weaker, stale
		}
	}
	return weakest(promise), stale
}

// promiseOf is the part of a verdict that is on the workload's promise.
func promiseOf(v checkers.Verdict) checkers.Verdict {
	if len(v.Parts) == 0 {
		return v
	}
	return v.Parts[0]
}

func kept(v checkers.Verdict, name string) bool {
	return slices.ContainsFunc(v.Parts, func(p checkers.Verdict) bool { return p.Checker == name && p.Validity == checkers.Valid })
}

// weakest lists the single guarantees that were kept.
func weakest(v checkers.Verdict) string {
	var some []string
	for _, name := range []string{"read your writes", "monotonic reads", "monotonic writes", "writes follow reads"} {
		if kept(v, name) {
			some = append(some, name)
		}
	}
	switch {
	case len(some) > 0:
		return strings.Join(some, ", ")
	case kept(v, "eventual agreement"):
		return "eventual agreement"
	}
	return "none of those that were looked for"
}

// traded are the measured settings.
func (e *execution) traded() []certificate.Trade {
	var all []certificate.Trade
	for i, trade := range e.trades() {
		t := certificate.Trade{Setting: trade.Setting, For: string(trade.For)}
		for _, d := range e.done {
			if d.part == tradesPart && d.trade == i && !d.single {
				t.Points = append(t.Points, point(d))
			}
		}
		if len(t.Points) > 0 {
			all = append(all, t)
		}
	}
	return all
}

func point(d done) certificate.Point {
	p := certificate.Point{Value: d.value, Distance: d.distance.name, RoundTrip: d.distance.roundTrip, Run: d.run, Latencies: d.timed()}
	p.Seen, p.Stale = seen(d)
	if len(p.Latencies) == 0 {
		p.Failure = d.reason()
	}
	return p
}

// timed are the latencies of each kind of operation, of those that lay wholly within the
// time in which the distance was there.
func (d done) timed() []certificate.Latency {
	from, to := d.steady()
	kinds := map[string]*sample{}
	var order []string
	for _, c := range d.calls {
		if c.Final || c.Start < from || c.Start > to || c.End != history.Never && c.End > to {
			continue
		}
		if kinds[c.F] == nil {
			kinds[c.F] = &sample{}
			order = append(order, c.F)
		}
		kinds[c.F].add(c)
	}
	slices.Sort(order)
	var all []certificate.Latency
	for _, kind := range order {
		s := kinds[kind]
		all = append(all, certificate.Latency{Kind: kind, Share: s.share, P50: s.quantile(50), P99: s.quantile(99)})
	}
	return all
}

// steady is when the distance was seen in effect, or the load if there is none.
func (d done) steady() (from, to time.Duration) {
	if d.history == nil {
		return 0, 0
	}
	if d.distance.roundTrip == 0 {
		for _, p := range d.outcome.Run.Phases {
			if p.Name == "load" {
				return p.Start, p.End
			}
		}
		return 0, history.Never
	}
	for _, s := range d.history.FaultSpans() {
		if s.Verified {
			return s.Injected, s.HealStart
		}
	}
	return 0, 0
}

// costs compares each kind of operation over each distance with the same on one node.
func (e *execution) costs() []certificate.Cost {
	var all []certificate.Cost
	for _, d := range e.done {
		if d.part != tradesPart || d.single {
			continue
		}
		alone := e.alone(d)
		if alone == nil {
			continue
		}
		for _, l := range d.timed() {
			base, ok := alone[l.Kind]
			if !ok || l.Share.Answered == 0 {
				continue
			}
			all = append(all, certificate.Cost{
				Setting: e.chosen(d), Kind: l.Kind, Alone: base, Distance: d.distance.name,
				RoundTrip: d.distance.roundTrip, P50: l.P50, P99: l.P99,
			})
		}
	}
	return all
}

func (e *execution) chosen(d done) string {
	if d.value == "" {
		return ""
	}
	return e.trades()[d.trade].Setting + "=" + d.value
}

// alone are the medians of the same on a single node, by kind; of the system as it is, if
// the setting was not tried there.
func (e *execution) alone(of done) map[string]time.Duration {
	var best *done
	for i := range e.done {
		d := &e.done[i]
		if d.part != tradesPart || !d.single {
			continue
		}
		if d.trade == of.trade && d.value == of.value || best == nil {
			best = d
		}
	}
	if best == nil {
		return nil
	}
	medians := map[string]time.Duration{}
	for _, l := range best.timed() {
		if l.Share.Answered > 0 {
			medians[l.Kind] = l.P50
		}
	}
	return medians
}
