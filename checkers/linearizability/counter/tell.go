package counter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

// mostListed is how many operations a finding names one by one.
const mostListed = 12

// finding puts a contradiction into words.
func (n *counter) finding(c *contradiction) checkers.Finding {
	delta, one := n.delta()
	f := checkers.Finding{Anomaly: c.anomaly, Key: n.name}
	culprits := []int{c.culprit}
	if c.before != none {
		culprits = append(culprits, c.before)
	}
	f.Culprits = n.invocations(culprits)
	f.Context = n.invocations(append(culprits, c.adds[:min(len(c.adds), mostListed)]...))
	f.Text = capital(n.did(c.culprit)) + ". "
	if one {
		f.Text += n.tellSteps(c, delta)
	} else {
		f.Text += n.tellBounds(c)
	}
	return f
}

// tellSteps is for a counter that goes only one way.
func (n *counter) tellSteps(c *contradiction, delta int) string {
	orMore, above := "or more", "above"
	if delta < 0 {
		orMore, above = "or less", "below"
	}
	switch c.anomaly {
	case Impossible:
		return fmt.Sprintf("But all adds are of %d, and no number of these makes that.", delta)
	case CountedTwice:
		return fmt.Sprintf("But so was another add: %s. Each of them changed the number, which goes only one way.", n.did(c.before))
	case TooHigh:
		return fmt.Sprintf("But the number cannot have been %s %d by then: %s had been invoked, of %d.", above, c.high, checkers.Count(c.high/delta, "add"), delta)
	case WentBack:
		return fmt.Sprintf("But it had been %d %s by then: %s, which was over before the former began. All adds are of %d, so that it cannot go back.", c.low, orMore, n.did(c.before), delta)
	case TooLow:
		return fmt.Sprintf("But it had to find %d %s%s: %s", c.low, orMore, n.before(c.culprit), n.tellAdds(c, delta))
	}
	if len(c.adds) == 0 {
		return "But fewer adds than that can have come before it: some of those that had been invoked were answered with greater numbers."
	}
	return fmt.Sprintf("But the numbers that were told leave no room for %s before it: %s.", these(len(c.adds)), n.list(c.adds))
}

// before tells that an operation added something after it found a number.
func (n *counter) before(i int) string {
	if n.classes[n.ops[i].Class].kind == addAndGet {
		return ", before it added to that"
	}
	return ""
}

// tellAdds says what had been added before a culprit began.
func (n *counter) tellAdds(c *contradiction, delta int) string {
	adds := fmt.Sprintf("%s of %d", checkers.Count(len(c.adds), "add"), delta)
	if c.before == none {
		return fmt.Sprintf("%s had been acknowledged before it began: %s.", adds, n.list(c.adds))
	}
	return fmt.Sprintf("%s; after that was over and before the former began, %s began and ended: %s.", n.did(c.before), adds, n.list(c.adds))
}

func (n *counter) tellBounds(c *contradiction) string {
	return fmt.Sprintf("But the adds that were over before it began, and whichever of those under way one counts, make no less than %d and no more than %d.", c.low, c.high)
}

// list names the first of some operations.
func (n *counter) list(places []int) string {
	var all []string
	for i, place := range places {
		if i == mostListed {
			all = append(all, fmt.Sprintf("and %s more", checkers.Number(len(places)-i)))
			break
		}
		all = append(all, n.did(place))
	}
	return strings.Join(all, "; ")
}

func these(n int) string {
	if n == 1 {
		return "this add"
	}
	return fmt.Sprintf("all of these %s adds", checkers.Number(n))
}

func (n *counter) did(i int) string { return object.Did(n, n.calls, n.ops[i]) }

// invocations are the places of operations in the history, in order of time.
func (n *counter) invocations(places []int) []int {
	at := make([]int, len(places))
	for i, place := range places {
		at[i] = n.calls[n.ops[place].Call].Invoke
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
