package baseline

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
)

// Line says of the findings of one name whether they are accepted.
func (k Kind) Line() string {
	found := fmt.Sprintf("%s (%s)", k.Anomaly, checkers.Count(k.Count, "finding"))
	switch {
	case k.By == nil:
		return found + ": not accepted"
	case k.Expired:
		return fmt.Sprintf("%s: was accepted until %s: %s", found, k.By.Until, k.By.Reason)
	}
	return fmt.Sprintf("%s: accepted until %s: %s", found, k.By.Until, k.By.Reason)
}

// Lines say what the baseline made of the verdict; none if it has nothing to say.
func (j Judgement) Lines() []string {
	var lines []string
	for _, k := range j.Kinds {
		lines = append(lines, k.Line())
	}
	for _, a := range j.Unused {
		lines = append(lines, fmt.Sprintf("%s: not found, though accepted until %s: %s", a.Anomaly, a.Until, a.Reason))
	}
	return lines
}
