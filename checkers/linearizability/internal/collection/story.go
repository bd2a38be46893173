package collection

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// Story tells of a contradiction.
type Story struct {
	*Contradiction
	// Object is the collection.
	Object  object.Object
	history *History
	// ops are the part of the history that is contradictory by itself. What came
	// later need not be in it.
	ops []object.Op
}

// Tell gives a short form and a text for a contradiction that is not the same for
// all collections. It is not ok if it has nothing to say.
type Tell func(s *Story) (short, text string, ok bool)

// Explain says why a small history is illegal.
func (h *History) Explain(o object.Object, ops []object.Op, p Pairing, judge Judge, tell Tell) (a object.Account, ok bool) {
	normal := h.Normal(ops)
	outcome, c := h.Decide(normal, p, judge)
	if outcome != object.Illegal {
		return a, false
	}
	s := &Story{Contradiction: c, Object: o, history: h, ops: normal}
	a.Anomaly, ok = s.name(), true
	switch c.Anomaly {
	case Phantom:
		a.Short, a.Text = s.tellPhantom()
	case Duplicated:
		a.Short, a.Text = s.tellDuplicated()
	case WrongEmpty:
		a.Short, a.Text = s.tellWrongEmpty()
	default:
		a.Short, a.Text, ok = tell(s)
	}
	for _, place := range s.culprits() {
		at := slices.IndexFunc(ops, func(op object.Op) bool { return op.Call == normal[place].Call })
		a.Culprits = append(a.Culprits, at)
	}
	slices.Sort(a.Culprits)
	return a, ok
}

// name is the anomaly, now that it is known what became of the values: what was
// passed over, or not there when somebody asked, is lost if nobody got it later
// either.
func (s *Story) name() string {
	passed := s.Anomaly == Lost || s.Anomaly == WrongEmpty
	switch lost := s.Lost() > 0; {
	case passed && lost:
		return Lost
	case s.Anomaly == Lost:
		return Reordered
	}
	return s.Anomaly
}

// mostCulprits is how many operations can be said to contradict each other.
const mostCulprits = 4

// culprits are the removal that could not be, and who stands in its way, if they
// are few.
func (s *Story) culprits() []int {
	all := s.Places()
	if len(all) > mostCulprits && s.Culprit != None {
		return []int{int(s.Culprit)}
	}
	return all
}

// Did is a clause about an operation, and Brief the same in fewer words.
func (s *Story) Did(place int32) string { return s.did(s.ops[place]) }

func (s *Story) did(op object.Op) string { return object.Did(s.Object, s.history.Calls, op) }

func (s *Story) Brief(place int32) string {
	return object.Brief(s.Object, s.history.Calls, s.ops[place])
}

// Name is a value for people.
func (s *Story) Name(value int32) string { return fmt.Sprint(s.history.Number(value)) }

// About is the value that an operation is about.
func (s *Story) About(place int32) string {
	value, _, _ := Value(s.ops[place].Class)
	return s.Name(value)
}

// Blind are the blind removals of the contradiction.
func (s *Story) Blind() []int32 {
	return slices.DeleteFunc(slices.Clone(s.Others), func(i int32) bool { return s.ops[i].Class != Blind })
}

// Staying are the values of the contradiction that nobody is known to have removed.
func (s *Story) Staying() []Life {
	return slices.DeleteFunc(slices.Clone(s.Lives), func(life Life) bool { return !life.Stays() })
}

// later is the first operation of a class in the whole history that was invoked
// after another one was done.
func (s *Story) later(class int32, than int) (op object.Op, ok bool) {
	at := slices.IndexFunc(s.history.ops, func(op object.Op) bool { return op.Class == class && op.Start > than })
	if at < 0 {
		return op, false
	}
	return s.history.ops[at], true
}

// end is when the last certain removal of the contradiction was done.
func (s *Story) end() int {
	last := -1
	for _, i := range s.Places() {
		if op := &s.ops[i]; removal(op.Class) && !op.Maybe {
			last = max(last, op.End)
		}
	}
	return last
}

// fate is a clause about a value that nobody had removed by then.
func (s *Story) fate(life Life) string {
	if op, ok := s.later(remove(life.Value), s.end()); ok {
		return fmt.Sprintf("%s was %s only after that: %s", s.Name(life.Value), s.history.words.Taken, s.did(op))
	}
	return fmt.Sprintf("nobody ever %s %s", s.history.words.Removed, s.Name(life.Value))
}

// Lost is how many values are certainly lost: nobody removed them later either, and
// no blind removal is left for them.
func (s *Story) Lost() int {
	n := -len(s.Blind())
	for _, life := range s.Staying() {
		if _, ok := s.later(remove(life.Value), s.end()); !ok {
			n++
		}
	}
	return n
}

func (s *Story) tellPhantom() (short, text string) {
	words := s.history.words
	name := s.About(s.Culprit)
	short = fmt.Sprintf("%s, which nobody had %s by then", s.Brief(s.Culprit), words.Added)
	text = Capital(s.Did(s.Culprit)) + ". "
	value, _, _ := Value(s.ops[s.Culprit].Class)
	failed, tried := s.history.failed[value]
	if tried && s.history.Calls[failed].Invoke < s.ops[s.Culprit].End {
		call := s.history.Calls[failed]
		return short, text + fmt.Sprintf("But %s was %s only by an operation that certainly had no effect: %s by %s (%s) failed: %s.",
			name, words.Added, call.F, checkers.Who(call), checkers.When(call), call.Error)
	}
	if op, ok := s.later(add(value), s.ops[s.Culprit].End); ok {
		return short, text + fmt.Sprintf("But the first operation that can have %s %s was invoked only after that: %s.", words.Added, name, s.did(op))
	}
	return short, text + fmt.Sprintf("But in the whole run nobody %s %s, or tried to with an outcome that is unknown.", words.Added, name)
}

func (s *Story) tellDuplicated() (short, text string) {
	words := s.history.words
	name := s.About(s.Culprit)
	var adds, removes []string
	for _, i := range s.Others {
		if _, removed, _ := Value(s.ops[i].Class); removed {
			removes = append(removes, s.Did(i))
		} else {
			adds = append(adds, s.Did(i))
		}
	}
	short = fmt.Sprintf("%s, which had been %s already", s.Brief(s.Culprit), words.Taken)
	text = fmt.Sprintf("%s. But %s had been %s already: %s. By then it can have been %s only %s: %s. It cannot have been there once more.",
		Capital(s.Did(s.Culprit)), name, words.Taken, List(removes, ", and "), words.Added, times(len(adds)), List(adds, ", and "))
	return short, text
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return checkers.Count(n, "time")
}

func (s *Story) tellWrongEmpty() (short, text string) {
	short = s.Brief(s.Culprit) + ", which it was not"
	text = Capital(s.Did(s.Culprit)) + ". "
	if staying := s.Staying(); len(s.Lives) == 1 && len(staying) == 1 && len(s.Blind()) == 0 {
		return short, text + fmt.Sprintf("But %s was there: %s, which was over before that, and %s.",
			s.Name(staying[0].Value), s.Did(staying[0].Add), s.fate(staying[0]))
	}
	return short, text + "But there was no moment of that call at which it can have been: " + s.Presence(s.Lives) + "." + s.TooFew()
}

// Presence says from when to when values were there.
func (s *Story) Presence(lives []Life) string {
	var parts []string
	for _, life := range lives {
		name := s.Name(life.Value)
		switch {
		case life.Stays():
			parts = append(parts, fmt.Sprintf("%s was there from the end of this on: %s", name, s.Did(life.Add)))
		case life.Lasting():
			parts = append(parts, fmt.Sprintf("%s was there from the end of the first to the start of the second of these: %s, and %s",
				name, s.Did(life.Add), s.Did(life.Remove)))
		default:
			parts = append(parts, fmt.Sprintf("%s was there too: %s, and %s", name, s.Did(life.Add), s.Did(life.Remove)))
		}
	}
	return List(parts, "; ")
}

// TooFew says what became of the values that nobody had removed, in a sentence
// after a space.
func (s *Story) TooFew() string {
	blind, staying := s.Blind(), s.Staying()
	if len(staying) == 0 {
		return ""
	}
	var fates, names []string
	for _, life := range staying {
		fates = append(fates, s.fate(life))
	}
	text := " " + Capital(List(fates, "; ")) + "."
	if len(blind) == 0 {
		return text
	}
	for _, i := range blind {
		names = append(names, s.Did(i))
	}
	return text + fmt.Sprintf(" Only %s can have taken one of %s: %s.",
		checkers.Count(len(blind), "operation of unknown outcome", "operations of unknown outcome"), s.Names(staying), List(names, ", and "))
}

// Names are values for people.
func (s *Story) Names(lives []Life) string {
	var names []string
	for _, life := range lives {
		names = append(names, s.Name(life.Value))
	}
	return List(names, ", ")
}

// mostListed is how many things one sentence names.
const mostListed = 8

// List joins clauses, the first ones if they are many.
func List(clauses []string, separator string) string {
	if more := len(clauses) - mostListed; more > 0 {
		clauses = append(slices.Clone(clauses[:mostListed]), fmt.Sprintf("and %s more", checkers.Number(more)))
	}
	return strings.Join(clauses, separator)
}

// Capital is a text that begins a sentence.
func Capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
