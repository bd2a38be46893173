package main

import (
	"io"
	"strconv"
	"strings"
	"unicode"
)

// printable writes text for people in which keys, errors and names from a history may
// stand. Whoever made that history could otherwise give orders to the terminal:
// control characters are written as in Go, \x1b, and only lines are broken.
type printable struct{ to io.Writer }

func (p printable) Write(b []byte) (int, error) {
	if _, err := io.WriteString(p.to, harmless(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

func harmless(text string) string {
	if !strings.ContainsFunc(text, isOrder) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isOrder(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isOrder says that a character does something, rather than show itself. Among them
// are those that turn the direction of writing.
func isOrder(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}
