package checkers

import (
	"fmt"
	"strconv"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// The words in which checkers of all kinds speak of a run, so that their
// reports read alike.

// Count is a number and what it counts: "1 read", "12,413 reads". The plural is
// the singular with an s unless it is given.
func Count(n int, singular string, plural ...string) string {
	switch {
	case n == 1:
		return "1 " + singular
	case len(plural) > 0:
		return Number(n) + " " + plural[0]
	}
	return Number(n) + " " + singular + "s"
}

// Number groups digits by three: 12,413.
func Number(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Seconds is a time of the run: "12.345 s".
func Seconds(t time.Duration) string {
	if t == history.Never {
		return "never"
	}
	return strconv.FormatFloat(t.Seconds(), 'f', 3, 64) + " s"
}

// Who names who made a call: "process 12 (n3)".
func Who(c history.Call) string {
	if c.Node == "" {
		return fmt.Sprintf("process %d", c.Process)
	}
	return fmt.Sprintf("process %d (%s)", c.Process, c.Node)
}

// When is the span of a call: "12.310-12.318 s", or "12.310 s, outcome unknown".
func When(c history.Call) string {
	if c.End == history.Never {
		return Seconds(c.Start) + ", outcome unknown"
	}
	return strconv.FormatFloat(c.Start.Seconds(), 'f', 3, 64) + "-" + Seconds(c.End)
}

// On names the object of a call or a finding at the end of a phrase: ` of key "k4"`,
// or nothing where a workload has only one.
func On(noun, key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" of %s %q", noun, key)
}

// In names the object of a finding in brackets: ` (key "k4")`, or nothing where a
// workload has only one.
func In(noun, key string) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %q)", noun, key)
}
