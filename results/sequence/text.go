package sequence

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/assaykit/assay/harness/sim/trace"
)

const (
	mostTitle = 200
	mostAbout = 2000
	// mostHint is what an element says at most when it is pointed at.
	mostHint = 1000
)

// printable makes text of unknown origin fit to be shown: at most so many
// characters, and none that a browser would obey rather than show.
func printable(s string, most int) string {
	var b strings.Builder
	shown := 0
	for at, r := range s {
		if shown == most {
			fmt.Fprintf(&b, "… (%d more bytes)", len(s)-at)
			break
		}
		shown++
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == utf8.RuneError, unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// clip shortens printable text to what has room in so many pixels.
func clip(s string, room float64) string {
	if textWidth(s) <= room {
		return s
	}
	width := textWidth("…")
	for at, r := range s {
		if width += runeWidth(r); width > room {
			return strings.TrimRight(s[:at], " ") + "…"
		}
	}
	return s
}

// bold is by how much bold text is wider.
const bold = 1.17

// textWidth estimates what a label takes, in pixels and on the safe side.
func textWidth(s string) float64 {
	width := 0.0
	for _, r := range s {
		width += runeWidth(r)
	}
	return width
}

func runeWidth(r rune) float64 {
	const glyph = 6.6
	switch {
	case strings.ContainsRune("ijlt.,:;|'![](){} ", r):
		return glyph * 0.66
	case r == '→' || r == '…' || r == '–' || r < 0x1100:
		return glyph
	default: // most of what lies there is as wide as it is high
		return 2 * glyph
	}
}

// clock writes the moments of a trace.
type clock struct {
	kind     trace.Clock
	decimals int
}

// newClock finds out how many decimals tell the moments of events apart, within
// reason.
func newClock(kind trace.Clock, events []trace.Event) clock {
	c := clock{kind, 3}
	near := 0
	for i := 1; i < len(events); i++ {
		if gap := events[i].At - events[i-1].At; gap > 0 && gap < time.Millisecond {
			near++
		}
	}
	if 4*near > len(events) {
		c.decimals = 4
	}
	return c
}

func (c clock) moment(at time.Duration) string {
	if c.kind == trace.Steps {
		return fmt.Sprintf("step %d", at)
	}
	return fmt.Sprintf("%.*f s", c.decimals, at.Seconds())
}
