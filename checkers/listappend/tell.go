package listappend

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/isolation/graph"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// mostOps is how many micro-operations of a transaction are shown, mostElements how
// many elements of a list.
const (
	mostOps      = 8
	mostElements = 8
	mostSteps    = 12
)

// what is what a transaction did: "[r x [1 2]] [append y 3]".
func (t *trace) what(i int32) string {
	txn := &t.Txns[i]
	var words []string
	for at := txn.First; at < txn.Last; at++ {
		if len(words) == mostOps && at < txn.Last-1 {
			words = append(words, fmt.Sprintf("… %d operations", txn.Last-txn.First))
			break
		}
		words = append(words, t.micro(i, at))
	}
	return strings.Join(words, " ")
}

// micro is a micro-operation: "[append x 3]".
func (t *trace) micro(i, at int32) string {
	op := &t.Ops[at]
	key := name(t.Keys[op.Key])
	switch {
	case op.Kind == transaction.Append:
		return fmt.Sprintf("[append %s %d]", key, op.Value)
	case !op.Known:
		return fmt.Sprintf("[r %s ?]", key)
	}
	return fmt.Sprintf("[r %s %s]", key, elements(t.List(&t.Txns[i], at)))
}

// name is a list's name, in quotes if there is anything odd about it.
func name(key string) string {
	if quoted := fmt.Sprintf("%q", key); quoted != `"`+key+`"` || key == "" || strings.ContainsAny(key, " []") {
		return quoted
	}
	return key
}

// elements shows a list; of a long one the beginning and the end.
func elements(list []history.Value) string {
	var words []string
	for i, v := range list {
		if len(list) > mostElements && i >= 2 && i < len(list)-3 {
			if i == 2 {
				words = append(words, "…")
			}
			continue
		}
		words = append(words, v.String())
	}
	return "[" + strings.Join(words, " ") + "]"
}

// around shows a list; of a long one what is near an element, which is what the reader
// has to look for.
func around(list []history.Value, element int) string {
	at := slices.IndexFunc(list, func(v history.Value) bool { n, _ := v.Int(); return n == element })
	if at < 0 || len(list) <= mostElements {
		return elements(list)
	}
	from := max(0, min(at-mostElements/2, len(list)-mostElements))
	var words []string
	if from > 0 {
		words = append(words, "…")
	}
	for _, v := range list[from : from+mostElements] {
		words = append(words, v.String())
	}
	if from+mostElements < len(list) {
		words = append(words, "…")
	}
	return "[" + strings.Join(words, " ") + "]"
}

// who is "process 3 (n1), 1.200-1.210 s".
func (t *trace) who(i int32) string {
	txn := &t.Txns[i]
	invoked := t.Op(txn.Invoke)
	c := history.Call{Process: invoked.Process, Node: invoked.Node, Start: invoked.Time, End: history.Never}
	if txn.Complete >= 0 {
		if done := t.Op(txn.Complete); done.Type != history.Info {
			c.End = done.Time
		}
	}
	return fmt.Sprintf("%s, %s", checkers.Who(c), checkers.When(c))
}

// cast names transactions T1, T2, ..., in the order in which they are told of.
type cast struct {
	*trace
	all []int32
}

func (c *cast) name(i int32) string {
	at := slices.Index(c.all, i)
	if at < 0 {
		at = len(c.all)
		c.all = append(c.all, i)
	}
	return fmt.Sprint("T", at+1)
}

// finding says which transactions there are, and then what about them. Of those the
// first ones are the culprits.
func (c *cast) finding(key int32, culprits int, text string) told {
	var f told
	if key != none {
		f.Key = c.Keys[key]
	}
	for n, i := range c.all {
		f.Text += fmt.Sprintf("T%d = %s (%s)\n", n+1, c.what(i), c.who(i))
		f.Context = append(f.Context, int(c.Txns[i].Invoke))
		if n < culprits {
			f.Culprits = append(f.Culprits, int(c.Txns[i].Invoke))
		}
	}
	f.Text += text
	slices.Sort(f.Context)
	slices.Sort(f.Culprits)
	return f
}

func (t *trace) tell(key int32, text string, culprits ...int32) told {
	c := cast{trace: t}
	for _, i := range culprits {
		if i != none {
			c.name(i)
		}
	}
	return c.finding(key, len(c.all), text)
}

func (t *trace) readOf(i, at int32) string {
	return fmt.Sprintf("read %s of list %s", elements(t.List(&t.Txns[i], at)), name(t.Keys[t.Ops[at].Key]))
}

// readWith is readOf, where an element is seen also in a long list.
func (t *trace) readWith(i, at int32, element int) string {
	return fmt.Sprintf("read %s of list %s", around(t.List(&t.Txns[i], at), element), name(t.Keys[t.Ops[at].Key]))
}

func (t *trace) tellThinAir(i, at int32, element int) told {
	return t.tell(t.Ops[at].Key, fmt.Sprintf("T1 %s, but nobody ever appended %d to it.", t.readWith(i, at, element), element), i)
}

func (t *trace) tellDuplicate(i, at int32, element int) told {
	return t.tell(t.Ops[at].Key, fmt.Sprintf("T1 %s, with %d more than once, but it was appended once.", t.readWith(i, at, element), element), i, t.maker(t.Ops[at].Key, element))
}

func (t *trace) maker(key int32, element int) int32 {
	if a := t.find(key, element); a != none {
		return t.appends[a].txn
	}
	return none
}

func (t *trace) tellAborted(i, at, a int32) told {
	w := &t.appends[a]
	return t.tell(w.key, fmt.Sprintf("T1 %s, with %d, which T2 appended. But T2 was aborted%s.", t.readWith(i, at, w.element), w.element, t.because(w.txn)), i, w.txn)
}

func (t *trace) because(i int32) string {
	if at := t.Txns[i].Complete; at >= 0 && t.Op(at).Error != "" {
		return ": " + t.Op(at).Error
	}
	return ""
}

func (t *trace) tellDirtyUpdate(l *list, a, next int32) told {
	dirty, b := &t.appends[a], &t.appends[l.versions[next]]
	return t.tell(dirty.key, fmt.Sprintf("T3 %s: T2 appended %d to a version with %d, which T1 had appended. But T1 was aborted%s.",
		t.readWith(l.reader, l.read, b.element), b.element, dirty.element, t.because(dirty.txn)), dirty.txn, b.txn, l.reader)
}

func (t *trace) tellFuture(i, at int32, a appended) told {
	return t.tell(a.key, fmt.Sprintf("T1 %s before it appended %d itself.", t.readWith(i, at, a.element), a.element), i)
}

func (t *trace) tellMissingOwn(i, at int32, a appended) told {
	return t.tell(a.key, fmt.Sprintf("T1 %s after it had appended %d itself.", t.readOf(i, at), a.element), i)
}

func (t *trace) tellInternal(i, at int32) told {
	key := t.Ops[at].Key
	var did []string
	for n := t.Txns[i].First; n <= at; n++ {
		if t.Ops[n].Key == key {
			did = append(did, t.micro(i, n))
		}
	}
	return t.tell(key, fmt.Sprintf("T1 did this to list %s, one after another: %s. The last read disagrees with what came before it.",
		name(t.Keys[key]), strings.Join(did, " ")), i)
}

func (t *trace) tellIncompatible(i, at int32) told {
	l := &t.lists[t.Ops[at].Key]
	return t.tell(t.Ops[at].Key, fmt.Sprintf("T1 %s, and T2 %s. Neither is the beginning of the other, so one of them is of no committed version.",
		t.readOf(i, at), t.readOf(l.reader, l.read)), i, l.reader)
}

func (t *trace) tellTurned(a, b appended) told {
	l := &t.lists[b.key]
	return t.tell(b.key, fmt.Sprintf("T1 appended %d and then %d, but T2 %s, where %d does not come before %d.",
		a.element, b.element, t.readWith(l.reader, l.read, b.element), a.element, b.element), b.txn, l.reader)
}

func (t *trace) tellIntermediate(i int32, o observation) told {
	a := &t.appends[t.lists[o.key].versions[o.place]]
	return t.tell(a.key, fmt.Sprintf("T1 %s up to %d, which T2 appended. But T2 appended more to it afterwards, so that was no committed version.",
		t.readOf(i, o.op), a.element), i, a.txn)
}

func (t *trace) tellLostUpdate(i int32, o observation, a appended, next int32) told {
	between := &t.appends[t.lists[a.key].versions[next]]
	return t.tell(a.key, fmt.Sprintf("T1 %s and then appended %d to it, but T2's %d came in between.",
		t.readOf(i, o.op), a.element, between.element), i, between.txn)
}

func (t *trace) tellContested(key, a, b int32) told {
	return t.tell(key, fmt.Sprintf("T1 and T2 both read the same version of list %s and then appended to it. Whichever came first, the other one had not seen it.", name(t.Keys[key])), a, b)
}

func (t *trace) tellFracture(i int32, saw, missed observation, a appended, as isolation.Anomaly) told {
	text := fmt.Sprintf("T1 %s, so it saw T2's %d. But it %s, without T2's %d.",
		t.readOf(i, saw.op), t.appends[t.lists[saw.key].versions[saw.place]].element, t.readOf(i, missed.op), a.element)
	if as == isolation.ObservedTransactionVanishes {
		text += " That was after it had seen T2."
	}
	return t.tell(a.key, text, i, a.txn)
}

// tellNoOrder is for a component in which every order of unread appends leaves a
// cycle.
func (t *trace) tellNoOrder(part *graph.Graph, groups [][]int32) told {
	c := cast{trace: t}
	for _, i := range slices.Concat(groups...) {
		c.name(i)
	}
	culprits := len(c.all)
	for _, i := range part.Transactions() {
		if len(c.all) < mostSteps {
			c.name(i)
		}
	}
	return c.finding(none, culprits, fmt.Sprintf("Nobody read some of the appends of %s. Whatever their order, some transactions would have to come before themselves: all orders were tried.",
		strings.Join(c.names(culprits), ", ")))
}

func (c *cast) names(n int) []string {
	var all []string
	for _, i := range c.all[:n] {
		all = append(all, c.name(i))
	}
	return all
}

// tellCycle tells why each transaction comes before the next.
func (t *trace) tellCycle(cycle []graph.Edge, a isolation.Anomaly) told {
	c := cast{trace: t}
	shown := cycle[:min(len(cycle), mostSteps)]
	for _, e := range shown {
		c.name(e.From)
	}
	culprits := len(c.all)
	var steps []string
	var lists []int32 // on account of which the edges are there
	var arcs []checkers.Dependency
	for _, e := range shown {
		why, on := c.why(e)
		steps = append(steps, fmt.Sprintf("%s before %s: %s.", c.name(e.From), c.name(e.To), why))
		arcs = append(arcs, checkers.Dependency{From: int(t.Txns[e.From].Invoke), To: int(t.Txns[e.To].Invoke), Kind: e.Kind.String(), Why: why})
		if on != none && !slices.Contains(lists, on) {
			lists = append(lists, on)
		}
	}
	key := none
	if len(lists) == 1 {
		key = lists[0]
	}
	text := strings.Join(steps, "\n")
	if len(cycle) > len(shown) {
		text += fmt.Sprintf("\nAnd so on: the cycle has %d steps.", len(cycle))
		arcs = nil
	}
	f := c.finding(key, culprits, text+"\nSo T1 would have to come before itself. "+a.About())
	f.Cycle = arcs
	return f
}

// why says why an edge is there, and on which list, if on one.
func (c *cast) why(e graph.Edge) (string, int32) {
	from, to := c.name(e.From), c.name(e.To)
	switch e.Kind {
	case graph.Session:
		return fmt.Sprintf("%s was done in its session when %s was invoked%s", from, to, c.renamed(e)), none
	case graph.Realtime:
		return fmt.Sprintf("%s was completed (%s) before %s was invoked (%s)", from,
			checkers.Seconds(c.Op(c.Txns[e.From].Complete).Time), to, checkers.Seconds(c.Op(c.Txns[e.To].Invoke).Time)), none
	case graph.WR:
		return c.whyRead(e)
	case graph.RW:
		return c.whyMissed(e)
	}
	return c.whyOverwrote(e)
}

// renamed says that a session went on under another process number.
func (c *cast) renamed(e graph.Edge) string {
	before, after := c.Op(c.Txns[e.From].Invoke).Process, c.Op(c.Txns[e.To].Invoke).Process
	if before == after {
		return ""
	}
	return fmt.Sprintf(" (the client of process %d went on as process %d)", before, after)
}

func (c *cast) whyRead(e graph.Edge) (string, int32) {
	for _, o := range c.observations(e.To) {
		if o.of == e.From {
			return fmt.Sprintf("%s %s, where %d is %s's", c.name(e.To), c.readOf(e.To, o.op), c.appends[c.lists[o.key].versions[o.place]].element, c.name(e.From)), o.key
		}
	}
	panic("a wr edge without a read")
}

// whyMissed finds the read of the earlier transaction, and the first append of the
// later one that it missed: best the next one after it.
func (c *cast) whyMissed(e graph.Edge) (string, int32) {
	for _, nextOnly := range []bool{true, false} {
		for _, o := range c.observations(e.From) {
			if o.own > 0 {
				continue
			}
			for _, a := range c.of(e.To) {
				missed := a.key == o.key && (a.place == none || a.place >= o.foreign)
				if !missed || nextOnly && a.place != c.missed(&o) && a.place != none {
					continue
				}
				why := fmt.Sprintf("%s %s, without the %d that %s appended", c.name(e.From), c.readOf(e.From, o.op), a.element, c.name(e.To))
				return why + c.evidence(a), a.key
			}
		}
	}
	panic("an rw edge without a read")
}

// evidence says how it is known where an element stands.
func (c *cast) evidence(a appended) string {
	l := &c.lists[a.key]
	if a.place == none {
		return ", which nobody ever read, so it comes last"
	}
	return fmt.Sprintf(" (%s %s)", c.name(l.reader), c.readWith(l.reader, l.read, a.element))
}

func (c *cast) whyOverwrote(e graph.Edge) (string, int32) {
	for _, b := range c.of(e.To) {
		l := &c.lists[b.key]
		at := b.place
		if at == none {
			at = int32(len(l.versions))
		}
		for at--; at >= 0; at-- {
			if w := c.writer(l, at); w == e.From {
				return fmt.Sprintf("%s appended %d to list %s after %s had appended %d%s", c.name(e.To), b.element, name(c.Keys[b.key]), c.name(e.From), c.appends[l.versions[at]].element, c.evidence(b)), b.key
			} else if w != none {
				break
			}
		}
	}
	panic("a ww edge without appends")
}
