package edn

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jsontext"
	"github.com/assaykit/assay/harness/history/token"
)

// AppendValue writes a value: lists as vectors, JSON objects as maps with strings
// for keys.
func AppendValue(b []byte, v history.Value) []byte {
	switch v.Kind() {
	case history.KindNil:
		return append(b, "nil"...)
	case history.KindString:
		text, _ := v.Text()
		return token.Quote(b, text)
	case history.KindList:
		return appendList(b, v)
	case history.KindRaw:
		return appendRaw(b, token.Text(v))
	}
	return append(b, token.Text(v)...) // booleans and integers look the same in JSON
}

func appendList(b []byte, v history.Value) []byte {
	items, _ := v.Items()
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ' ')
		}
		b = AppendValue(b, item)
	}
	return append(b, ']')
}

// appendRaw writes JSON as EDN, token by token.
func appendRaw(b []byte, text string) []byte {
	r := jsontext.NewReader(strings.NewReader(text), "value")
	var closers []byte
	for {
		t, err := r.Next()
		if err != nil || t.Kind == token.End {
			return bytes.TrimRight(b, " ") // a value is valid JSON, so there is no error
		}
		switch t.Kind {
		case token.OpenList:
			b, closers = append(b, '['), append(closers, ']')
			continue
		case token.OpenMap:
			b, closers = append(b, '{'), append(closers, '}')
			continue
		case token.Close:
			last := len(closers) - 1
			b = append(bytes.TrimRight(b, " "), closers[last])
			closers = closers[:last]
		default:
			b = appendToken(b, t)
		}
		b = append(b, ' ')
	}
}

func appendToken(b []byte, t token.Token) []byte {
	switch t.Kind {
	case token.Bool:
		return strconv.AppendBool(b, t.Int == 1)
	case token.Int:
		return strconv.AppendInt(b, t.Int, 10)
	case token.String:
		return token.Quote(b, string(t.Text))
	case token.Number:
		if b = append(b, t.Text...); !bytes.ContainsAny(t.Text, ".eE") {
			b = append(b, 'N') // too big for 64 bits
		}
		return b
	}
	return append(b, "nil"...)
}

// AppendName writes a word as a keyword, or as a string if no keyword is spelled
// so.
func AppendName(b []byte, word string) []byte {
	if !isName(word) {
		return token.Quote(b, word)
	}
	return append(append(b, ':'), word...)
}

// isName says that the word can be a keyword wherever EDN is read.
func isName(word string) bool {
	for i, c := range []byte(word) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c == '*', c == '!', c == '?':
		case i > 0 && ('0' <= c && c <= '9' || c == '-' || c == '.' || c == '+'):
		default:
			return false
		}
	}
	return word != ""
}
