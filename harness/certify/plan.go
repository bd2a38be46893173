package certify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results/certificate"
)

// Plan is what will be tried, in this order.
type Plan struct {
	config Config
	// load is how long clients work in a run of the part of claims.
	load   time.Duration
	thrift thrift
	// first are the runs that are to be made in any case, claims before all others.
	first []cell
	// left is what will not be tried, and why.
	left []certificate.Omission
}

// loads are how long clients may work in a run, the best first: beyond a quarter of a
// minute another seed shows more than more of the same.
var loads = []time.Duration{15 * time.Second, 12 * time.Second, 10 * time.Second, 8 * time.Second, 6 * time.Second, 5 * time.Second}

// margin is the share of the budget that is kept for what cannot be foreseen.
const margin = 0.06

// thrift is how sparing a plan is: what has no room is made shorter, then left out.
type thrift int

const (
	generous    thrift = iota
	shorter            // what is measured is measured for a shorter time
	claimsFirst        // only partitions are measured
	claimsOnly         // nothing is
)

// New makes the plan: with the longest runs of which all fit into the budget once. If not
// even the shortest do, less is measured, and then families of faults are left out, the
// last first.
func New(c Config) (*Plan, error) {
	c.AtOnce = max(1, c.AtOnce)
	families := c.families()
	for t := generous; t <= claimsOnly; t++ {
		if p := fitting(c, families, t); p != nil {
			return p, p.check()
		}
	}
	for n := len(families) - 1; n >= 1; n-- {
		if p := fitting(c, families[:n], claimsOnly); p != nil {
			return p, p.check()
		}
	}
	p := &Plan{config: c, load: loads[len(loads)-1], thrift: claimsOnly}
	p.compose(families[:min(1, len(families))])
	if err := p.check(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("a budget of %s is too short for %s: it takes %s at least", c.Budget,
		checkers.Count(len(c.Claims), "claim"), round(time.Duration(float64(p.Expected())/(1-margin))+time.Second))
}

// fitting is the plan with the longest runs that fit, nil if none do.
func fitting(c Config, families []nemesis.Spec, t thrift) *Plan {
	for _, load := range loads {
		p := &Plan{config: c, load: load, thrift: t}
		p.compose(families)
		if p.Expected() <= p.usable() {
			p.leaveOut(families)
			return p
		}
	}
	return nil
}

// check says why there is nothing to do.
func (p *Plan) check() error {
	if len(p.first) == 0 {
		return fmt.Errorf("there is nothing to certify: %s", p.why())
	}
	return nil
}

func (p *Plan) usable() time.Duration {
	return time.Duration(float64(p.config.Budget) * (1 - margin))
}

func (p *Plan) why() string {
	var all []string
	for _, o := range p.left {
		all = append(all, o.What+": "+o.Why)
	}
	return strings.Join(all, "; ")
}

// compose fills the plan: claims under each family, partitions, delivery, distances.
func (p *Plan) compose(families []nemesis.Spec) {
	p.first = p.claims(families, 0)
	if p.thrift < claimsOnly {
		p.first = append(p.first, p.partitions()...)
	} else {
		p.omit("availability and consistency under single kinds of partitions", noRoom)
	}
	if p.thrift < claimsFirst {
		p.first = append(p.first, p.deliveries()...)
		p.first = append(p.first, p.distances()...)
	} else {
		p.omit("delivery, and latency over distances", noRoom)
	}
}

// leaveOut says which families had no room.
func (p *Plan) leaveOut(kept []nemesis.Spec) {
	for _, f := range p.config.families()[len(kept):] {
		p.omit("faults of the family "+f.Families[0].Name, noRoom)
	}
	for _, d := range nemesis.All() {
		if err := p.config.capabilities().Supports(d.Needs); err != nil {
			p.omit("faults of the family "+d.Name, err.Error())
		}
	}
}

const noRoom = "the budget has no room for it"

func (p *Plan) omit(what, why string) {
	omission := certificate.Omission{What: what, Why: why}
	if !slices.Contains(p.left, omission) {
		p.left = append(p.left, omission)
	}
}

// pace is how long faults last and how long it is quiet in between, in times of what the
// system takes to go on without a leader.
type pace struct{ hold, quiet float64 }

// opening is the pace of each family in the first round: as many strikes as there is time
// for, the longer half of them long enough for another leader. Damage has to meet what it
// can damage.
var opening = map[string]pace{
	"partition": {1.25, 1.25},
	"kill":      {1, 1},
	"pause":     {1.2, 0.6},
	"corrupt":   {8, 1},
}

// paces are those of all families in the rounds that follow: short faults catch other
// mistakes than long ones. The first is for families that have no other in the opening.
var paces = []pace{{1.5, 1}, {1, 0.1}, {0.15, 1.5}, {4, 1}}

// calm is a rate at which clients wait for the system and not for each other, and crowd
// how many there are for each node: a node that was frozen wakes up to their requests.
const (
	calm  = 60
	crowd = 10
)

// pressure sets how much clients do, unless the user has said how many there are: in every
// second round less, and while nodes are frozen less by more of them.
func (p *Plan) pressure(t *harness.Test, family string, round int) {
	frozen := family == "pause" && round == 0
	if frozen || round%2 == 1 {
		t.Rate = min(cmp.Or(t.Rate, 200), calm)
	}
	if frozen && t.Concurrency == 0 {
		t.Concurrency = crowd * t.Nodes
	}
}

// tempo is the pace of a family in a round.
func (p *Plan) tempo(family string, round int) (hold, quiet time.Duration) {
	chosen := paces[round%len(paces)]
	if own, ok := opening[family]; ok && round%len(paces) == 0 {
		chosen = own
	}
	unit := time.Second
	if paced, ok := p.config.Test.Target.(cluster.Paced); ok {
		unit = paced.Failover()
	}
	return time.Duration(chosen.hold * float64(unit)), time.Duration(chosen.quiet * float64(unit))
}

// sharp are the shapes that show most, by what is known of mistakes that systems made: the
// first round has few strikes and is to spend them on these.
var sharp = map[string][]string{
	"partition": {"leader", "one-way"},
	"kill":      {"all", "leader"},
	"pause":     {"leader"},
}

// sharpened is the family with the shapes that show most, where there are any.
func sharpened(s nemesis.Spec) nemesis.Spec {
	if len(s.Families) != 1 {
		return s
	}
	f := s.Families[0]
	shapes := slices.DeleteFunc(slices.Clone(sharp[f.Name]), func(shape string) bool { return !slices.Contains(f.Shapes, shape) })
	if len(shapes) == 0 {
		return s
	}
	return nemesis.Spec{Families: []nemesis.Family{{Name: f.Name, Shapes: shapes}}}
}

// claims are all claims under each family of faults, with the seed and the pace of the
// round.
func (p *Plan) claims(families []nemesis.Spec, round int) []cell {
	var cells []cell
	for i, claim := range p.config.Claims {
		if why := p.config.pinned(claim); why != "" {
			p.omit(claimName(claim), why)
			continue
		}
		for _, faults := range faultsOf(claim, families) {
			if round > 0 && len(faults.Families) == 0 {
				continue // what is calm once is calm again
			}
			if c, ok := p.claim(i, claim, faults, round); ok {
				cells = append(cells, c)
			}
		}
	}
	return byFamily(cells, families)
}

// faultsOf are the families under which a promise is claimed.
func faultsOf(claim cluster.Claim, families []nemesis.Spec) []nemesis.Spec {
	all := []nemesis.Spec{{}}
	for _, f := range families {
		if !slices.Contains(claim.Except, f.Families[0].Name) {
			all = append(all, f)
		}
	}
	for _, text := range claim.Under {
		if spec, err := nemesis.Parse(text); err == nil {
			all = append(all, spec)
		}
	}
	return all
}

// byFamily puts the cells of one family behind each other, so that all claims have been
// tried under some faults when time runs short.
func byFamily(cells []cell, families []nemesis.Spec) []cell {
	rank := map[string]int{nemesis.None: 0}
	for i, f := range families {
		rank[label(f)] = i + 1
	}
	slices.SortStableFunc(cells, func(a, b cell) int { return rankOf(rank, a) - rankOf(rank, b) })
	return cells
}

func rankOf(rank map[string]int, c cell) int {
	if at, ok := rank[c.faults]; ok {
		return at
	}
	return len(rank)
}

// label is a specification in the fewest words: the name of a family whose shapes are those
// that can be had here.
func label(s nemesis.Spec) string {
	if len(s.Families) == 1 && len(s.Families[0].Shapes) > 1 {
		return s.Families[0].Name
	}
	return s.String()
}

func (p *Plan) claim(at int, claim cluster.Claim, faults nemesis.Spec, round int) (cell, bool) {
	t, err := p.config.test(claim.Workload, claim.Settings, claim.Check)
	if err == nil && faults.Supports(p.config.capabilities()) != nil {
		p.omit(claimName(claim)+" under "+label(faults), faults.Supports(p.config.capabilities()).Error())
		return cell{}, false
	}
	name := label(faults)
	t.Nemesis, t.Duration, t.Seed = faults, p.load, p.config.Seed+int64(round)
	if t.Hold, t.Quiet = p.tempo(name, round); round == 0 {
		t.Nemesis = sharpened(faults)
	}
	p.pressure(&t, name, round)
	if name == nemesis.None {
		t.Duration = max(4*time.Second, p.load/2)
	}
	if err == nil {
		err = p.config.fits(t)
	}
	if err != nil {
		p.omit(claimName(claim), err.Error())
		return cell{}, false
	}
	return cell{part: claimsPart, claim: at, trade: none, faults: name, test: t}, true
}

// none is the place of no claim and no trade.
const none = -1

func claimName(c cluster.Claim) string {
	if len(c.Settings) == 0 {
		return c.Workload + ", " + c.Promise
	}
	return c.Workload + " " + pairs(c.Settings) + ", " + c.Promise
}

// Expected is how long the runs take that are made in any case.
func (p *Plan) Expected() time.Duration { return p.expected(p.first) }

func (p *Plan) expected(cells []cell) time.Duration {
	var alone, together time.Duration
	for _, c := range cells {
		takes := p.takes(c)
		if c.alone() {
			alone += takes
		} else {
			together += takes
		}
	}
	return alone + together/time.Duration(p.config.AtOnce)
}

// takes is how long a run takes from its set-up to its report.
func (p *Plan) takes(c cell) time.Duration { return c.test.Duration + p.config.Around }

// Print shows the plan.
func (p *Plan) Print(w io.Writer) error {
	var b strings.Builder
	c := p.config
	fmt.Fprintf(&b, "certify %s: %s, %d runs of %s and their set-up, %d at a time, about %s of the budget of %s\n",
		c.Test.Target.Name(), checkers.Count(len(c.Claims), "claim"), len(p.first), p.load, c.AtOnce, round(p.Expected()), c.Budget)
	for _, part := range []string{claimsPart, partitionsPart, deliveryPart, tradesPart} {
		p.printPart(&b, part)
	}
	if rest := p.usable() - p.Expected(); rest > 0 {
		fmt.Fprintf(&b, "  further seeds   the claims again, with other seeds and other paces of faults, for the %s that are left\n", round(rest))
	}
	for _, o := range p.left {
		fmt.Fprintf(&b, "  not tried       %s: %s\n", o.What, o.Why)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Plan) printPart(b *strings.Builder, part string) {
	cells := slices.DeleteFunc(slices.Clone(p.first), func(c cell) bool { return c.part != part })
	if len(cells) == 0 {
		return
	}
	fmt.Fprintf(b, "  %-15s %s, %s: %s\n", part, checkers.Count(len(cells), "run"), round(p.expected(cells)), p.about(part, cells))
}

// about lists what distinguishes the cells of a part.
func (p *Plan) about(part string, cells []cell) string {
	var rows, columns []string
	for _, c := range cells {
		row, column := c.test.Workload.Name(), c.faults
		switch part {
		case tradesPart:
			row, column = c.test.Workload.Name(), c.distance.name
			if c.value != "" {
				row = p.trades()[c.trade].Setting + "=" + c.value
			}
		case deliveryPart:
			row = c.test.Workload.Name() + " (" + c.client + ")"
		}
		rows, columns = once(rows, row), once(columns, column)
	}
	return strings.Join(rows, ", ") + "; under " + strings.Join(columns, ", ")
}

func once(all []string, one string) []string {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

func round(d time.Duration) time.Duration { return d.Round(time.Second) }
