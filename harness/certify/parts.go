package certify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis"
)

// partitions are runs under one kind of partition each: what each side answers, whether
// the answers agree, and what is lost when the sides meet again. Times are regular, so
// that kinds can be compared.
func (p *Plan) partitions() []cell {
	var cells []cell
	for _, kind := range p.kinds() {
		for _, workload := range []string{"register", "set"} {
			t, err := p.config.test(workload, nil, nil)
			if err != nil {
				continue // a target without this data type
			}
			t.Nemesis = nemesis.Spec{Families: []nemesis.Family{{Name: "partition", Shapes: []string{kind}}}}
			// A deadline that is short beside the partition: what is still open when it
			// ends says nothing.
			t.Fixed, t.Hold, t.Quiet, t.OpTimeout = true, 4*time.Second, 1500*time.Millisecond, 500*time.Millisecond
			t.Duration = 2 * (t.Hold + t.Quiet)
			if p.thrift >= shorter {
				t.Duration = t.Hold + t.Quiet
			}
			if p.config.fits(t) != nil {
				continue
			}
			cells = append(cells, cell{part: partitionsPart, claim: none, trade: none, faults: "partition:" + kind, test: t})
		}
	}
	if len(cells) == 0 {
		p.omit("availability and consistency under partitions", "there is no register or set to try, or no way to cut links")
	}
	return cells
}

// kinds are the shapes of partitions that differ: two halves of three nodes are one node
// and the others.
func (p *Plan) kinds() []string {
	for _, f := range p.config.families() {
		if f.Families[0].Name != "partition" {
			continue
		}
		return slices.DeleteFunc(slices.Clone(f.Families[0].Shapes), func(kind string) bool {
			return p.config.Test.Nodes == 3 && (kind == "halves" || kind == "majority")
		})
	}
	return nil
}

// deliveries are runs that count how often messages arrive, with clients that give up and
// with clients that send again.
func (p *Plan) deliveries() []cell {
	var cells []cell
	for _, s := range senders() {
		for _, faults := range []string{nemesis.None, "partition:one-way,kill"} {
			if c, ok := p.delivery(s, faults); ok {
				cells = append(cells, c)
			}
		}
	}
	if len(cells) == 0 {
		p.omit("delivery", "there is no queue, and there are no messages or ledgers to try")
	}
	return cells
}

// sender is how a client makes sure of what it wants done.
type sender struct {
	workload, about string
	settings        map[string]string
}

func senders() []sender {
	free := map[string]string{"profile": "at-least-once", "order": "none"}
	again := merged(free, map[string]string{"retries": "3"})
	return []sender{
		{"queue", "sends once", free},
		{"queue", "sends up to four times", again},
		{"messages", "sends once", free},
		{"messages", "sends up to four times", again},
		{"ledger", "tries again with the order's own key", map[string]string{"idempotency": "keys"}},
		{"ledger", "tries again blindly", map[string]string{"idempotency": "none"}},
	}
}

func (p *Plan) delivery(s sender, faults string) (cell, bool) {
	t, err := p.config.test(s.workload, nil, s.settings)
	if err != nil {
		return cell{}, false
	}
	if t.Nemesis, err = nemesis.Parse(faults); err != nil || t.Nemesis.Supports(p.config.capabilities()) != nil {
		return cell{}, false
	}
	t.Hold, t.Quiet, t.Duration = time.Second, 700*time.Millisecond, p.load
	if faults == nemesis.None {
		t.Duration = max(4*time.Second, p.load/2)
	}
	if p.config.fits(t) != nil {
		return cell{}, false
	}
	return cell{part: deliveryPart, claim: none, trade: none, faults: faults, client: s.about, test: t}, true
}

// distance is a network between the nodes, without any fault.
type distance struct {
	name string
	// roundTrip is its time there and back.
	roundTrip time.Duration
}

// distances are those that people know. The first is what there is anyway.
func distances() []distance {
	return []distance{
		{"here", 0},
		{"lan", 500 * time.Microsecond},
		{"cross-zone", 2 * time.Millisecond},
		{"california-netherlands", 150 * time.Millisecond},
	}
}

// distances measure what each value of each setting costs over each distance, one run at
// a time. A single node is the measure of what has to be paid anyway.
func (p *Plan) distances() []cell {
	var cells []cell
	for i, trade := range p.trades() {
		for _, value := range trade.Values {
			for _, d := range p.along(trade) {
				cells = p.addDistance(cells, i, trade, value, d, false)
			}
			if trade.For == cluster.Consistency {
				cells = p.addDistance(cells, i, trade, value, distances()[0], true)
			}
		}
	}
	return cells
}

// trades are the settings to compare; a target without any is measured as it is.
func (p *Plan) trades() []cluster.Trade {
	own := slices.DeleteFunc(slices.Clone(p.config.Trades), func(t cluster.Trade) bool { return t.For == "" })
	if slices.ContainsFunc(own, func(t cluster.Trade) bool { return t.For == cluster.Consistency }) {
		return own
	}
	return append([]cluster.Trade{{For: cluster.Consistency, Values: []string{""}}}, own...)
}

// along are the distances that say something of a setting.
func (p *Plan) along(trade cluster.Trade) []distance {
	all := distances()
	if err := p.config.capabilities().Supports(cluster.CanDelay); err != nil {
		p.omit("distances between nodes", err.Error())
		return all[:1]
	}
	if trade.For != cluster.Consistency {
		return []distance{all[0], all[2]}
	}
	return all
}

// measured are the workloads whose operations are timed, the first that there is.
var measured = []string{"register", "set", "queue", "append", "messages", "log"}

func (p *Plan) addDistance(cells []cell, at int, trade cluster.Trade, value string, d distance, single bool) []cell {
	target := merged(trade.Settings, nil)
	if value != "" {
		target[trade.Setting] = value
	}
	t, err := p.timed(target)
	if err != nil {
		p.omit("latency over distances", err.Error())
		return cells
	}
	t.Duration, t.OpTimeout, t.Rate = 6*time.Second, 5*time.Second, 60
	if p.thrift >= shorter {
		t.Duration = 4 * time.Second
	}
	if single {
		t.Nodes = 1
	}
	if d.roundTrip > 0 {
		script, err := nemesis.ParseScript("at 0s packets:" + d.name)
		if err != nil {
			panic("certify: a distance that is no network: " + err.Error())
		}
		t.Script, t.Nemesis = script, script.Spec()
	}
	if err := p.config.fits(t); err != nil {
		p.omit(strings.TrimSpace("latency with "+pairs(target)+singly(single)), err.Error())
		return cells
	}
	return append(cells, cell{part: tradesPart, claim: none, trade: at, value: value, distance: d, single: single, faults: d.name, test: t})
}

func singly(single bool) string {
	if single {
		return " on a single node"
	}
	return ""
}

func (p *Plan) timed(target map[string]string) (t harness.Test, err error) {
	for _, workload := range measured {
		if t, err = p.config.test(workload, target, nil); err == nil {
			return t, nil
		}
	}
	return t, fmt.Errorf("there is no %s to time", strings.Join(measured, ", "))
}

// pairs are settings as one writes them: a=1 b=2.
func pairs(settings map[string]string) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		words = append(words, key+"="+settings[key])
	}
	return strings.Join(words, " ")
}
