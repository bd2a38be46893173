package rwregister

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/checkers/rwregister/internal/weak"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

const (
	// mostFindings is how many of an anomaly are told.
	mostFindings = 10
	// mostTold is how many transactions of a finding are told, and mostOps how many of
	// their micro-operations.
	mostTold, mostOps = 12, 16
)

// findings tell why levels are not kept.
func (d *decision) findings(ctx context.Context) []checkers.Finding {
	var all []checkers.Finding
	told := map[isolation.Anomaly]int{}
	for n := range d.evidence {
		e := &d.evidence[n]
		if told[e.anomaly]++; told[e.anomaly] <= mostFindings {
			all = append(all, d.tell(ctx, e))
		}
	}
	return all
}

func (d *decision) tell(ctx context.Context, e *evidence) checkers.Finding {
	switch {
	case e.trouble != nil:
		return d.tellTrouble(e)
	case e.reads != nil:
		return d.tellUnrepeatable(e)
	case e.cycle != nil:
		return d.tellDemands(e)
	}
	return d.tellOrder(ctx, e)
}

// story is a finding about transactions, which it gives short names: T1, T2, ...
type story struct {
	h *registers.History
	// numbers are the transactions' places among all.
	numbers []int32
	text    strings.Builder
	cycle   []checkers.Dependency
}

func (d *decision) story() *story { return &story{h: d.h} }

// name is a transaction's, by its place among all.
func (s *story) name(number int32) string {
	if number < 0 {
		return "the initial state"
	}
	at := slices.Index(s.numbers, number)
	if at < 0 {
		at = len(s.numbers)
		s.numbers = append(s.numbers, number)
	}
	return fmt.Sprint("T", at+1)
}

// of is the name of one that counts.
func (s *story) of(t int32) string { return s.name(s.h.Txns[t].Number) }

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.text, format, args...) }

// finding ends the story with who the transactions are.
func (s *story) finding(a isolation.Anomaly, key string, culprits int) checkers.Finding {
	f := checkers.Finding{Anomaly: string(a), Key: key}
	for n, number := range s.numbers {
		invoke := s.invocation(number)
		if f.Context = append(f.Context, invoke); n < culprits {
			f.Culprits = append(f.Culprits, invoke)
		}
		if n < mostTold {
			s.say("\nT%d: %s", n+1, s.describe(number))
		}
	}
	if more := len(s.numbers) - mostTold; more > 0 {
		s.say("\nand %s", checkers.Count(more, "further transaction"))
	}
	slices.Sort(f.Context)
	slices.Sort(f.Culprits)
	f.Text, f.Cycle = s.text.String(), s.cycle
	return f
}

func (s *story) invocation(number int32) int { return s.h.All.Op(s.h.All.Txns[number].Invoke).Index }

// describe is who made a transaction, when, and what it did.
func (s *story) describe(number int32) string {
	t := &s.h.All.Txns[number]
	invoke := s.h.All.Op(t.Invoke)
	call := history.Call{Process: invoke.Process, Node: invoke.Node, Start: invoke.Time, End: history.Never}
	when := checkers.When(call)
	switch {
	case t.Outcome == transactions.Committed:
		call.End = s.h.All.Op(t.Complete).Time
		when = checkers.When(call)
	case t.Outcome == transactions.Aborted:
		when = checkers.Seconds(call.Start) + ", aborted"
	}
	return fmt.Sprintf("%s, %s: %s", checkers.Who(call), when, s.ops(t))
}

func (s *story) ops(t *transactions.Txn) string {
	var words []string
	ops := s.h.All.Of(t)
	for _, op := range ops[:min(len(ops), mostOps)] {
		words = append(words, s.op(op))
	}
	if more := len(ops) - mostOps; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}

func (s *story) op(op transactions.Op) string {
	key := s.h.All.Keys[op.Key]
	switch {
	case op.Kind == transaction.Write:
		return fmt.Sprintf("w %s %d", key, op.Value)
	case !op.Known:
		return fmt.Sprintf("r %s ?", key)
	case !op.Found:
		return fmt.Sprintf("r %s null", key)
	}
	return fmt.Sprintf("r %s %d", key, op.Value)
}

// tellTrouble is about a read that is wrong by itself.
func (d *decision) tellTrouble(e *evidence) checkers.Finding {
	s, t := d.story(), e.trouble
	ops := s.h.All.Of(&s.h.All.Txns[t.Reader])
	read := ops[t.Op]
	key := s.h.All.Keys[read.Key]
	reader := s.name(t.Reader)
	found := "nothing"
	if read.Found {
		found = fmt.Sprint(read.Value)
	}
	switch t.Problem {
	case registers.NotOwn:
		s.say("%s wrote %d to %q, and then read %s there.", reader, ops[t.Own].Value, key, found)
	case registers.Future:
		s.say("%s read %s of %q, which only it itself writes, and only later.", reader, found, key)
	case registers.ThinAir:
		s.say("%s read %s of %q, which nobody ever wrote.", reader, found, key)
	case registers.Aborted:
		s.say("%s read %s of %q, which %s wrote, and that was aborted.", reader, found, key, s.name(t.Writer))
	case registers.Intermediate:
		s.say("%s read %s of %q, which %s wrote over in the same transaction: nobody else should ever see it.", reader, found, key, s.name(t.Writer))
	}
	return s.finding(e.anomaly, key, 2)
}

// value is what a transaction left in a key, as others read it.
func (s *story) value(t, key int32) string {
	if t == registers.Initial {
		return "nothing"
	}
	value := 0
	for _, op := range s.h.All.Of(&s.h.All.Txns[s.h.Txns[t].Number]) {
		if op.Kind == transaction.Write && s.h.All.Keys[op.Key] == s.h.KeyName(key) {
			value = op.Value
		}
	}
	return fmt.Sprint(value)
}

// version is what a transaction left in a key, with its name: "T3's 5".
func (s *story) version(t, key int32) string {
	if t == registers.Initial {
		return "nothing"
	}
	return s.of(t) + "'s " + s.value(t, key)
}

func (d *decision) tellUnrepeatable(e *evidence) checkers.Finding {
	s := d.story()
	reads := s.h.Txns[e.reads.Reader].Reads
	first, second := reads[e.reads.First], reads[e.reads.Second]
	s.say("%s read %s of %q and later %s.", s.of(e.reads.Reader), s.version(first.From, first.Key), s.h.KeyName(first.Key), s.version(second.From, second.Key))
	return s.finding(e.anomaly, s.h.KeyName(first.Key), 1)
}

// tellDemands is about transactions of which each has to come before the next one.
func (d *decision) tellDemands(e *evidence) checkers.Finding {
	s := d.story()
	members := 0
	for _, t := range e.cycle {
		if t != registers.Initial {
			s.of(t)
			members++
		}
	}
	if members == 1 {
		s.say("It would have to come before the initial state:")
	} else {
		s.say("Each of these would have to come before the next one, and the last before the first:")
	}
	key := ""
	for n, t := range e.cycle {
		next := e.cycle[(n+1)%len(e.cycle)]
		if t == registers.Initial {
			continue // that comes before all
		}
		s.say("\n%s before %s: ", s.of(t), s.of(next))
		if k := s.sayDemand(e, t, next); key == "" {
			key = k
		}
	}
	return s.finding(e.anomaly, key, max(members, 1))
}

// sayDemand says why one comes before the next one, and of which key, if that is by
// the order of its versions.
func (s *story) sayDemand(e *evidence, t, next int32) string {
	for _, d := range e.demands {
		if d.Before != t || d.After != next {
			continue
		}
		s.say("%s read %s of %q, though it could know of %s", s.of(d.Reader), s.version(next, d.Key), s.h.KeyName(d.Key), s.version(t, d.Key))
		if d.Seen >= 0 {
			s.say(", as it read %s of %q.", s.version(t, d.Seen), s.h.KeyName(d.Seen))
			return s.h.KeyName(d.Key)
		}
		s.say(":")
		way := weak.Path(s.h, t, d.Reader)
		for n := range way[1:] {
			s.say("\n  ")
			s.sayFlow(way[n], way[n+1])
		}
		return s.h.KeyName(d.Key)
	}
	s.sayFlow(t, next)
	return ""
}

// sayFlow says that one read from another one, or came next in its session.
func (s *story) sayFlow(t, next int32) {
	for _, r := range s.h.Txns[next].Reads {
		if r.From == t {
			s.say("%s read %s of %q.", s.of(next), s.version(t, r.Key), s.h.KeyName(r.Key))
			return
		}
	}
	s.say("%s came after %s in their session.", s.of(next), s.of(t))
}

// tellOrder is about transactions that have no order.
func (d *decision) tellOrder(ctx context.Context, e *evidence) checkers.Finding {
	s := d.story()
	result := e.result
	if e.part == nil {
		e.part, result = e.ask.shrink(ctx, d.h, result)
	}
	s.h = e.part
	s.say("%s", e.anomaly.About())
	key := ""
	switch {
	case result.Same:
		key = s.same(result.Core[0], result.Core[1])
		return s.finding(e.anomaly, key, 2)
	case len(result.Cycle) > 0:
		key = s.steps(result.Cycle, "\n")
		s.draw(result.Cycle)
	case len(result.Either) > 0:
		key = s.either(result.Either)
	default:
		s.say(" No order of these transactions lets each of them find what it found: whichever way their writes are put, that is contradicted.")
	}
	culprits := len(s.numbers)
	if culprits == 0 {
		culprits = len(s.h.Txns) - 1
	}
	if len(result.Core) == len(s.h.Txns)-1 || s.h != d.h { // all of a part, also those that are not on a circle
		for t := 1; t < len(s.h.Txns); t++ {
			s.of(int32(t))
		}
	}
	return s.finding(e.anomaly, key, culprits)
}

// same is about two that wrote on the grounds of the same version. It returns the key.
func (s *story) same(a, b int32) string {
	for _, r := range s.h.Txns[a].Reads {
		from, read := s.h.Txns[b].ReadsFrom(r.Key)
		if read && from == r.From && s.h.Txns[a].Wrote(r.Key) && s.h.Txns[b].Wrote(r.Key) {
			name := s.h.KeyName(r.Key)
			s.drawSame(a, b, r)
			s.say(" %s and %s both read %s of %q, and then wrote %s and %s there: one of them did not see what it overwrote.",
				s.of(a), s.of(b), s.version(from, r.Key), name, s.value(a, r.Key), s.value(b, r.Key))
			return name
		}
	}
	panic("two transactions were said to build upon the same version, and do not")
}

// either is about two versions of which neither can be the older one. It returns the
// key.
func (s *story) either(circles [][]order.Step) string {
	key := ""
	for _, circle := range circles {
		last := circle[len(circle)-1]
		if key = s.h.KeyName(last.Key); last.Kind == order.Missed {
			from, _ := s.h.Txns[last.From].ReadsFrom(last.Key)
			s.say("\nIf %s of %q were older than %s:", s.version(from, last.Key), key, s.version(last.To, last.Key))
		} else {
			s.say("\nIf %s of %q were older than %s:", s.version(last.From, last.Key), key, s.version(last.To, last.Key))
		}
		s.steps(circle, "\n  ")
	}
	return key
}

// steps tells the steps of a circle. It returns the key of the first one that is about
// what was missed or overwritten.
func (s *story) steps(steps []order.Step, line string) (key string) {
	for _, step := range steps {
		s.say("%s%s before %s: ", line, s.of(step.From), s.of(step.To))
		name := ""
		if step.Key >= 0 {
			name = s.h.KeyName(step.Key)
		}
		if key == "" && (step.Kind == order.Missed || step.Kind == order.Overwritten) {
			key = name
		}
		switch step.Kind {
		case order.Read:
			s.say("%s read %s of %q.", s.of(step.To), s.version(step.From, step.Key), name)
		case order.Overwritten:
			s.say("its %s of %q is older than %s", s.value(step.From, step.Key), name, s.version(step.To, step.Key))
		case order.Missed:
			from, _ := s.h.Txns[step.From].ReadsFrom(step.Key)
			s.say("it read %s of %q, which is older than %s", s.version(from, step.Key), name, s.version(step.To, step.Key))
		case order.Session:
			s.say("it came before it in their session.")
		case order.Clock:
			s.say("it was done before %s was invoked.", s.of(step.To))
		}
		switch {
		case step.Otherwise != nil:
			s.say(", since the other way round")
			s.steps(step.Otherwise, line+"  ")
		case step.Forced:
			s.say(", since the other way round was contradicted.")
		case step.Kind == order.Overwritten || step.Kind == order.Missed:
			s.say(".")
		}
	}
	return key
}
