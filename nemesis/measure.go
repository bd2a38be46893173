package nemesis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// packets is a fault of what links carry. It is verified by probes between the
// nodes, which have to suffer what the packets of the nodes do.
type packets struct {
	wires *wires
	id    int
	rules cluster.Rules
}

func (p *packets) inject(ctx context.Context) error { return p.wires.set(ctx, p.id, p.rules) }
func (p *packets) verify(ctx context.Context) error { return p.wires.measure(ctx, p.links()) }
func (p *packets) heal(ctx context.Context) error   { return p.wires.clear(ctx, p.id) }

func (p *packets) verifyHealed(ctx context.Context) error { return p.wires.measure(ctx, p.links()) }

func (p *packets) holds(ctx context.Context) error { return p.wires.measure(ctx, p.links()) }

func (p *packets) concerns(nodes []string) bool { return concern(p.rules, nodes) }

func (p *packets) links() []cluster.Link { return slices.Collect(maps.Keys(p.rules.Shape)) }

// measure observes that links do to packets what they should do under all rules
// in force. Links that are cut cannot be measured and are left out.
func (w *wires) measure(ctx context.Context, links []cluster.Link) error {
	gauge, ok := w.network.(cluster.Gauge)
	if !ok {
		return errors.New("this runtime cannot tell what happens to packets")
	}
	total := map[cluster.Link]cluster.Measurement{}
	return until(ctx, func(ctx context.Context) error {
		w.mu.Lock()
		sum := w.sum()
		w.mu.Unlock()
		open := slices.DeleteFunc(slices.Clone(links), sum.Cuts)
		if len(open) == 0 {
			return errors.New("all links are cut, so that nothing can be measured on them")
		}
		found, err := gauge.Measure(ctx, open, probeText(sum, open))
		if err != nil {
			return err
		}
		return judge(sum, found, total)
	})
}

// probeText is what probes carry: the text that somebody waits for.
func probeText(r cluster.Rules, links []cluster.Link) string {
	for _, l := range links {
		if old := r.Shape[l].Tamper.Old; old != "" {
			return old
		}
	}
	return ""
}

// judge compares a measurement with the rules. Delays and bandwidths show in
// every volley; what has a probability needs to be seen once, on any of the
// links, in one of the volleys that total adds up.
func judge(r cluster.Rules, found, total map[cluster.Link]cluster.Measurement) error {
	if len(found) == 0 {
		return errors.New("none of the nodes runs that could be measured")
	}
	var wrong []string
	for l, m := range found {
		total[l] = plus(total[l], m)
		if why := steady(r.Shape[l], m); why != "" {
			wrong = append(wrong, l.From+"->"+l.To+" "+why)
		}
	}
	wrong = append(wrong, unseen(r, total)...)
	return complaint(wrong)
}

// plus adds up what was counted.
func plus(a, b cluster.Measurement) cluster.Measurement {
	return cluster.Measurement{
		Sent: a.Sent + b.Sent, Arrived: a.Arrived + b.Arrived,
		Twice: a.Twice + b.Twice, Late: a.Late + b.Late,
	}
}

// quick is what a link without a delay takes at most, for the fastest of many
// probes; no machine is slower than that for seconds.
const quick = 5 * time.Millisecond

// steady says what a volley contradicts.
func steady(s cluster.Shape, m cluster.Measurement) string {
	least := s.Delay - s.Jitter
	switch {
	case m.Arrived == 0 && s.Loss < 1 && s.Noise < 1:
		return "lets nothing pass"
	case m.Arrived > 0 && m.Fastest < least:
		return fmt.Sprintf("takes %s, not at least %s", m.Fastest, least)
	case m.Arrived > 0 && s.Rate == 0 && m.Fastest > s.Delay+s.Jitter+quick:
		return fmt.Sprintf("takes %s", m.Fastest)
	case s.Rate > 0 && m.Rate > s.Rate+s.Rate/4:
		return fmt.Sprintf("carries %d bytes a second, not %d", m.Rate, s.Rate)
	case s.Loss+s.Noise == 0 && s.Rate == 0 && m.Arrived < m.Sent:
		return fmt.Sprintf("loses %d of %d packets", m.Sent-m.Arrived, m.Sent)
	case s.Duplicate == 0 && m.Twice > 0:
		return fmt.Sprintf("doubles %d of %d packets", m.Twice, m.Sent)
	case s.Tamper == cluster.Replacement{} && m.Changed > 0:
		return fmt.Sprintf("changes %d of %d packets", m.Changed, m.Sent)
	case s.Tamper != cluster.Replacement{} && m.Changed < m.Arrived:
		return fmt.Sprintf("leaves %d of %d packets as they are", m.Arrived-m.Changed, m.Arrived)
	}
	return ""
}

// unseen says which of the faults that strike by chance have struck nowhere.
func unseen(r cluster.Rules, total map[cluster.Link]cluster.Measurement) []string {
	var wanted cluster.Shape
	var lost, twice, late int
	for l, t := range total {
		s := r.Shape[l]
		wanted = wanted.Plus(s)
		if s.Loss+s.Noise > 0 {
			lost += t.Sent - t.Arrived
		}
		twice += t.Twice
		late += t.Late
	}
	var wrong []string
	if wanted.Loss+wanted.Noise > 0 && lost == 0 {
		wrong = append(wrong, "no packet is lost")
	}
	if wanted.Duplicate > 0 && twice == 0 {
		wrong = append(wrong, "no packet arrives twice")
	}
	if wanted.Reorder > 0 && late == 0 {
		wrong = append(wrong, "no packet is overtaken")
	}
	return wrong
}

// measureShaped observes all links whose packets something was ever done to.
func (w *wires) measureShaped(ctx context.Context) error {
	w.mu.Lock()
	links := slices.Collect(maps.Keys(w.shaped))
	w.mu.Unlock()
	if len(links) == 0 {
		return nil
	}
	return w.measure(ctx, links)
}
