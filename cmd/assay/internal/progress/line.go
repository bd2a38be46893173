package progress

import (
	"fmt"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
)

// Line is a run's progress in one line, the most important things first.
func Line(p harness.Progress) string {
	line := p.Phase + "  " + clock(p.Elapsed)
	if p.Remaining > 0 {
		line += ", " + clock(p.Remaining) + " left"
	}
	if p.OK+p.Failed+p.Unknown > 0 {
		line += fmt.Sprintf("  %.0f ops/s  ok %s, failed %s, unknown %s", p.PerSecond,
			checkers.Number(p.OK), checkers.Number(p.Failed), checkers.Number(p.Unknown))
	}
	if len(p.Faults) > 0 {
		line += "  faults: " + strings.Join(p.Faults, "; ")
	}
	return line
}

// clock is a duration in whole seconds: 0:07, 1:30:00.
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// cut shortens a line to a terminal's width, for a line that wraps cannot be
// redrawn in place. A width of zero or less is unknown and taken for 80.
func cut(line string, width int) string {
	if width <= 0 {
		width = 79
	}
	runes := []rune(strings.ReplaceAll(line, "\n", " "))
	if len(runes) <= width {
		return string(runes)
	}
	return string(runes[:width-1]) + "…"
}
