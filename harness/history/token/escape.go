package token

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes are those of one letter, which EDN and JSON share.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// Unescape appends a string without its escapes, and says whether it knows them
// all; those that it does not know stay as they are.
func Unescape(b, text []byte) (plain []byte, ok bool) {
	ok = true
	for len(text) > 0 {
		if text[0] != '\\' || len(text) == 1 {
			b, text = append(b, text[0]), text[1:]
			continue
		}
		if text[1] == 'u' {
			if r, rest, is := unicode(text); is {
				b, text = utf8.AppendRune(b, r), rest
				continue
			}
		}
		if c := escapes[text[1]]; c != 0 {
			b, text = append(b, c), text[2:]
			continue
		}
		b, text, ok = append(b, text[0], text[1]), text[2:], false
	}
	return b, ok
}

// unicode reads \uXXXX, and both halves of a surrogate pair. Half a pair alone
// becomes U+FFFD.
func unicode(text []byte) (r rune, rest []byte, ok bool) {
	r, rest, ok = hex4(text)
	if !ok || !utf16.IsSurrogate(r) {
		return r, rest, ok
	}
	if second, after, is := hex4(rest); is {
		if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
			return pair, after, true
		}
	}
	return utf8.RuneError, rest, true
}

func hex4(text []byte) (r rune, rest []byte, ok bool) {
	const length = len(`\uXXXX`)
	if len(text) < length || text[0] != '\\' || text[1] != 'u' {
		return 0, text, false
	}
	n, err := strconv.ParseUint(string(text[2:length]), 16, 16)
	return rune(n), text[length:], err == nil
}

// Quote appends a string in quotes, with the few escapes that EDN and JSON share.
func Quote(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, `\u00`...)
			b = append(b, hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

const hex = "0123456789abcdef"
