package summary

import (
	"fmt"
	"strings"
	"unicode"
)

// prose makes one line of text that means nothing in Markdown and in HTML: all that
// might is written as an entity. It has at most so many characters.
func prose(text string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if n++; n > most {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			b.WriteRune(unicode.ReplacementChar)
		case r < unicode.MaxASCII && !plain(r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain are the ASCII characters that Markdown gives no meaning to. GitHub makes links
// of what has an @ or a # before it.
func plain(r rune) bool {
	return r == ' ' || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(`,;.:?/"'%=+-()`, r)
}

// code is a block whose fence is longer than any in the text.
func code(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.Map(visible, text) + "\n" + fence + "\n"
}

func visible(r rune) rune {
	if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
		return unicode.ReplacementChar
	}
	return r
}
