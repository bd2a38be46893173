package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// tidy makes text of unknown origin fit to be shown: at most so many
// characters, and nothing that a browser or a terminal would obey. Control
// characters and those that turn the direction of writing are spelled out.
func tidy(s string, most int) string {
	var b strings.Builder
	shown := 0
	for i, r := range s {
		if shown == most {
			fmt.Fprintf(&b, "… (%s more)", size(len(s)-i))
			break
		}
		writeTidy(&b, r)
		shown++
	}
	return b.String()
}

// short is tidy without a word on what is missing, for a label.
func short(s string, most int) string { return clip(tidy(s, most), most) }

// clip cuts text that is already fit to be shown.
func clip(s string, most int) string {
	runes := 0
	for i := range s {
		if runes == most-1 && utf8.RuneCountInString(s[i:]) > 1 {
			return s[:i] + "…"
		}
		runes++
	}
	return s
}

func writeTidy(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == utf8.RuneError, unicode.IsPrint(r):
		b.WriteRune(r)
	case r < 0x80:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// prose is tidy for a text of several lines.
func prose(s string, most int) string {
	s, rest := cut(s, 4*most)
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, line := range lines {
		lines[i] = tidy(line, most)
	}
	return strings.Join(lines, "\n") + rest
}

// cut shortens s to so many bytes, at most, and says what is missing.
func cut(s string, most int) (kept, rest string) {
	if len(s) <= most {
		return s, ""
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most], fmt.Sprintf("… (%s more)", size(len(s)-most))
}

func size(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	default:
		return fmt.Sprintf("%d MB", n/1_000_000)
	}
}

// label says what a call did and what came of it, in a few characters:
// "write 17", "read → 12", "cas 3→4 ✗", "send 5 ?".
func label(c history.Call, most int) string {
	if text, ok := microOperations(c, most); ok {
		return text
	}
	text := short(c.F, 24)
	in := argument(c, most)
	if in != "" {
		text += " " + in
	}
	switch c.Type {
	case history.OK:
		return text + result(c, in, most)
	case history.Fail:
		return text + " ✗"
	default:
		return text + " ?"
	}
}

// microOperations is a transaction without its quotes and commas.
func microOperations(c history.Call, most int) (string, bool) {
	v, sign := c.In, ""
	switch c.Type {
	case history.OK:
		v = c.Out
	case history.Fail:
		sign = " ✗"
	default:
		sign = " ?"
	}
	items, _ := v.Items()
	if c.F != transaction.F || len(items) == 0 {
		return "", false
	}
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = strings.ReplaceAll(item.String(), `"`, "")
	}
	return tidy(strings.Join(words, " "), 4*most) + sign, true
}

// argument is what went in. The pair of a compare-and-set is an arrow.
func argument(c history.Call, most int) string {
	if c.In.IsNil() {
		return ""
	}
	if pair, ok := c.In.Items(); ok && c.F == "cas" && len(pair) == 2 {
		return brief(pair[0], most) + "→" + brief(pair[1], most)
	}
	return brief(c.In, most)
}

// silent are the operations that have no answer to give.
var silent = map[string]bool{"release": true, "commit": true, "crash": true, "seek": true}

// result is what came out, if that says more than what went in.
func result(c history.Call, in string, most int) string {
	if in == "" && c.Out.IsNil() && silent[c.F] {
		return ""
	}
	if in == "" {
		return " → " + brief(c.Out, most)
	}
	out := brief(c.Out, most)
	if c.Out.IsNil() || c.Out.Kind() == history.KindBool || out == brief(c.In, most) {
		return ""
	}
	return " → " + out
}

// brief is a value in about so many characters. Whoever has stored a megabyte
// does not want to see it here.
func brief(v history.Value, most int) string {
	switch v.Kind() {
	case history.KindNil:
		return "nothing"
	case history.KindString:
		text, _ := v.Text()
		return "“" + tidy(text, most) + "”"
	case history.KindList:
		items, _ := v.Items()
		return briefList(items, most)
	default:
		return tidy(v.String(), most)
	}
}

// briefList writes ascending integers as ranges: what is missing from a set of
// thousands can then be seen.
func briefList(items []history.Value, most int) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(items); {
		if i > 0 {
			b.WriteByte(' ')
		}
		if i > 0 && b.Len() >= most {
			fmt.Fprintf(&b, "… %s more", checkers.Number(len(items)-i))
			break
		}
		n := ascending(items[i:])
		if n < 3 {
			n = 1
		}
		b.WriteString(briefItem(items[i], most))
		if n > 1 {
			b.WriteString("–" + brief(items[i+n-1], most))
		}
		i += n
	}
	b.WriteByte(']')
	return b.String()
}

// briefItem leaves lists in lists to history, which knows how deep to look.
func briefItem(v history.Value, most int) string {
	if v.Kind() == history.KindList {
		return tidy(v.String(), most)
	}
	return brief(v, most)
}

// ascending is how many items at the front are integers, each one more than the
// one before.
func ascending(items []history.Value) int {
	first, ok := items[0].Int()
	if !ok {
		return 1
	}
	n := 1
	for n < len(items) {
		next, ok := items[n].Int()
		if !ok || next != first+n {
			break
		}
		n++
	}
	return n
}

// outcome is the word for how a call ended.
func outcome(t history.Type) string {
	switch t {
	case history.OK:
		return "ok"
	case history.Fail:
		return "failed"
	default:
		return "unknown"
	}
}
