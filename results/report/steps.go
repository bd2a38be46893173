package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// mostSteps is how many steps a walk through a finding has; the table has all
// operations.
const mostSteps = 12

// mostDigits is how many decimals of a second they have.
const mostDigits = 4

// step is one step of the walk through a finding, in order of time: an operation, and
// what it has to do with those before.
type step struct {
	// Number is the operation's in the picture too, or a transaction's name.
	Number  string
	Culprit bool
	// What is what was done, Who and When by whom.
	What, Who, When string
	Notes           []stepNote
}

// stepNote is something to be noticed; Wrong if it is what must not be.
type stepNote struct {
	Text  string
	Wrong bool
}

// reason is an edge of a cycle with its evidence.
type reason struct{ From, To, Class, Why string }

// number gives the calls that the text tells of their numbers. Those of a cycle have
// the names that the finding gives them.
func (s *scene) number(f checkers.Finding) {
	s.steps = map[int]string{}
	if len(f.Cycle) > 0 {
		for i, d := range f.Cycle {
			s.steps[d.From] = "T" + strconv.Itoa(i+1)
		}
		return
	}
	for i, c := range s.named(mostSteps) {
		s.steps[c.Invoke] = strconv.Itoa(i + 1)
	}
}

// walk tells of the numbered calls, one by one.
func (s scene) walk(faults []fault, digits int) []step {
	var steps []step
	before, digits := "", min(digits, mostDigits)
	for _, c := range s.calls {
		number, told := s.steps[c.Invoke]
		if !told {
			continue
		}
		st := step{
			Number: number, Culprit: s.role[c.Invoke] == culprit,
			What: label(c, 60), Who: who(c), When: when(c, digits), Notes: s.notes(c),
		}
		if under := underFaults(c, faults); under != before {
			before = under
			if under != "" {
				st.Notes = append(st.Notes, stepNote{Text: "during " + under})
			}
		}
		steps = append(steps, st)
	}
	return steps
}

func who(c history.Call) string {
	if c.Node == "" {
		return fmt.Sprintf("process %d", c.Process)
	}
	return fmt.Sprintf("process %d on %s", c.Process, short(c.Node, 20))
}

func when(c history.Call, digits int) string {
	if c.End == history.Never {
		return moment(c.Start, digits) + ", no answer"
	}
	return fmt.Sprintf("%s, %s", moment(c.Start, digits), lasted(c.End-c.Start))
}

// notes are what a call has to do with the others.
func (s scene) notes(c history.Call) []stepNote {
	var all []stepNote
	if c.End == history.Never {
		all = append(all, stepNote{Text: "may take effect at any later time, or never"})
	}
	for _, l := range s.links {
		if l.to != c.Invoke || s.steps[l.from] == "" {
			continue
		}
		from := lookUp(s.calls, []int{l.from})[0]
		all = append(all, linkNote(l, from, c, s.steps[l.from]))
	}
	return all
}

func linkNote(l link, from, to history.Call, number string) stepNote {
	switch l.kind {
	case wasRead:
		return stepNote{Text: "this is what " + number + " left"}
	case held:
		return stepNote{Text: fmt.Sprintf("held since %s, for %s", number, lasted(to.Start-from.End))}
	case wasMissed:
		return stepNote{Text: missedText(from, to, number), Wrong: true}
	case again:
		return stepNote{Text: "the same message as in " + number, Wrong: true}
	}
	return stepNote{}
}

func missedText(from, to history.Call, number string) string {
	before := lasted(to.Start - from.End)
	if to.Out.IsNil() {
		return fmt.Sprintf("nothing of %s, which was over %s before this began", number, before)
	}
	return fmt.Sprintf("not what %s left, which was over %s before this began", number, before)
}

// underFaults names the faults that were in force when a call began.
func underFaults(c history.Call, faults []fault) string {
	var names []string
	for _, f := range faults {
		if f.Start <= c.Start && c.Start < f.End {
			names = append(names, f.label(mostNaming))
		}
	}
	return strings.Join(shorten(names, 3), ", ")
}

// reasons are why each operation of a cycle comes before the next.
func reasons(cycle []checkers.Dependency) []reason {
	var all []reason
	for i, d := range cycle[:min(len(cycle), mostShown)] {
		all = append(all, reason{
			From: "T" + strconv.Itoa(i+1), To: "T" + strconv.Itoa((i+1)%len(cycle)+1),
			Class: kindOf(d), Why: prose(d.Why, 600),
		})
	}
	return all
}

// account is a finding's text, taken apart: the lines that say what T1, T2, ... are,
// and the others. Where the edges of a cycle are listed, lines that say the same are
// left out.
type account struct {
	Lines        []string
	Transactions []named
}

type named struct{ Name, What string }

var (
	definition = regexp.MustCompile(`^(T\d+)(?: =|:) (.*)$`)
	edge       = regexp.MustCompile(`^ *T\d+ before T\d+: `)
)

func argue(f checkers.Finding, most int) account {
	var a account
	for line := range strings.SplitSeq(prose(f.Text, most), "\n") {
		switch is := definition.FindStringSubmatch(line); {
		case is != nil:
			a.Transactions = append(a.Transactions, named{is[1], is[2]})
		case len(f.Cycle) > 0 && edge.MatchString(line):
		case strings.TrimSpace(line) != "":
			a.Lines = append(a.Lines, line)
		}
	}
	return a
}
