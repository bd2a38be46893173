package main

import "testing"

func TestNobodyGivesOrdersToATerminal(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"two\nlines, Größe – 3 …":     "two\nlines, Größe – 3 …",
		"\x1b[31mred\x07\x00\r\u009b": `\x1b[31mred\a\x00\r\u009b`,
		"left \u202e right":           `left \u202e right`,
	} {
		if got := harmless(text); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
}

func TestOddKeysAreQuoted(t *testing.T) {
	for key, want := range map[string]string{"r0": "r0", "a b": "a b", "a\nb": `"a\nb"`, `a"b`: `"a\"b"`} {
		if got := keyName(key); got != want {
			t.Errorf("%q is written as %s, want %s", key, got, want)
		}
	}
}
