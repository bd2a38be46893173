package linearizability

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// tally is how the trials ended.
type tally struct {
	operations, uncertain, longest int
	legal, decided                 int // registers, and their operations
	guilty, open                   []*trial
}

func count(trials []*trial) tally {
	var n tally
	for _, t := range trials {
		ops := len(t.register.ops)
		n.operations += ops
		n.longest = max(n.longest, ops)
		for i := range t.register.ops {
			if t.register.ops[i].maybe {
				n.uncertain++
			}
		}
		switch t.outcome {
		case legal:
			n.legal++
			n.decided += ops
		case illegal:
			n.guilty = append(n.guilty, t)
		default:
			n.open = append(n.open, t)
		}
	}
	slices.SortStableFunc(n.guilty, func(a, b *trial) int { return cmp.Compare(a.gravity(), b.gravity()) })
	return n
}

// conclude is the verdict on all registers: one illegal register is enough,
// whatever is open about the others.
func conclude(v checkers.Verdict, trials []*trial) checkers.Verdict {
	n := count(trials)
	v.Stats = n.stats(len(trials))
	switch {
	case len(n.guilty) > 0:
		v.Validity, v.Reason = checkers.Invalid, n.accusation(len(trials))
		v.Findings = findings(n.guilty)
	case n.operations-n.uncertain == 0:
		v.Reason = "no operation of a register succeeded: there is nothing to judge"
	case len(n.open) > 0:
		v.Reason = n.doubt(len(trials))
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("%s on %s %s linearizable (register)", checkers.Count(n.operations, "operation"), checkers.Count(len(trials), "key"), are(n.operations))
	}
	return v
}

func findings(guilty []*trial) []checkers.Finding {
	var all []checkers.Finding
	for _, t := range guilty {
		if t.explanation != nil {
			all = append(all, t.explanation.finding)
		}
	}
	return all
}

func (n tally) accusation(keys int) string {
	first := n.guilty[0].explanation
	text := fmt.Sprintf("%s of %s %s not linearizable: ", checkers.Number(len(n.guilty)), checkers.Count(keys, "register"), are(len(n.guilty)))
	if len(n.guilty) > 1 {
		text += "first, "
	}
	text += fmt.Sprintf("%s: %s", first.finding.Anomaly, first.short)
	if len(n.open) > 0 {
		text += fmt.Sprintf("; %s undecided", checkers.Count(len(n.open), "other is", "others are"))
	}
	return text
}

func (n tally) doubt(keys int) string {
	var big, slow []string
	for _, t := range n.open {
		name := fmt.Sprintf("%q (%s)", t.register.key, checkers.Count(len(t.register.ops), "operation"))
		if t.outcome == tooBig {
			big = append(big, name)
		} else {
			slow = append(slow, name)
		}
	}
	text := fmt.Sprintf("%s of %s %s undecided: ", checkers.Number(len(n.open)), checkers.Count(keys, "register"), are(len(n.open)))
	var why []string
	if len(slow) > 0 {
		why = append(why, "out of time on "+list(slow))
	}
	if len(big) > 0 {
		why = append(why, "out of memory on "+list(big))
	}
	return fmt.Sprintf("%s%s. The other %s on %s %s linearizable", text, strings.Join(why, "; "),
		checkers.Count(n.decided, "operation"), checkers.Count(n.legal, "key"), are(n.decided))
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// list shows a few names.
func list(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

func (n tally) stats(keys int) []checkers.Stat {
	stats := []checkers.Stat{
		{Name: "operations judged", Value: checkers.Number(n.operations)},
		{Name: "of unknown outcome", Value: checkers.Number(n.uncertain)},
		{Name: "keys", Value: checkers.Number(keys)},
		{Name: "most operations on a key", Value: checkers.Number(n.longest)},
	}
	if len(n.guilty) > 0 {
		stats = append(stats, checkers.Stat{Name: "keys not linearizable", Value: checkers.Number(len(n.guilty))})
	}
	if len(n.open) > 0 {
		stats = append(stats, checkers.Stat{Name: "keys undecided", Value: checkers.Number(len(n.open))})
	}
	return stats
}
