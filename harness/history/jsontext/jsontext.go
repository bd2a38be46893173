// Package jsontext reads the tokens of JSON texts (RFC 8259) that follow each
// other in one stream, as arrays, as one object a line, or in any other layout. It
// is strict, and gives no meaning to anything.
package jsontext

import (
	"fmt"
	"io"

	"strconv"

	"github.com/assaykit/assay/harness/history/token"
)

// deepest is how deep a text may be nested, also where nobody looks.
const deepest = 10_000

// Reader gives the tokens of a text.
type Reader struct {
	source *token.Source
	// closers are what will close what is open.
	closers []byte
	next    expected
	scratch []byte
}

// expected is what may come next within an array or an object.
type expected uint8

const (
	// first: an item, or the end at once.
	first expected = iota
	// more: a comma and an item, or the end.
	more
	// colon: a field's value, with the colon before it.
	colon
)

var _ token.Stream = (*Reader)(nil)

// NewReader reads JSON. The name is for errors.
func NewReader(in io.Reader, name string) *Reader {
	return &Reader{source: token.NewSource(in, name)}
}

// Here is where the token begins that was given last.
func (r *Reader) Here() token.Position { return r.source.Here() }

// Fail says that something else should stand there.
func (r *Reader) Fail(expected string) error { return r.source.Fail(expected) }

// FailAt says that something else should stand at an earlier place.
func (r *Reader) FailAt(at token.Position, expected, found string) error {
	return r.source.FailAt(at, expected, found)
}

// Unended says that the text has ended within a line.
func (r *Reader) Unended() bool { return r.source.Unended() }

// Next gives the next token. A field's name is a String, and its value follows.
func (r *Reader) Next() (token.Token, error) {
	r.space()
	depth := len(r.closers)
	if depth == 0 {
		if r.source.Peek() == 0 && r.source.AtEnd() {
			return token.Token{Kind: token.End}, r.source.Failed()
		}
		return r.value()
	}
	closer := r.closers[depth-1]
	switch {
	case r.next == colon:
		if r.source.Peek() != ':' {
			return token.Token{}, r.Fail(`":"`)
		}
		r.source.Skip()
		r.space()
		return r.value()
	case r.source.Peek() == closer:
		return r.close()
	case r.next == more:
		if r.source.Peek() != ',' {
			return token.Token{}, r.Fail(fmt.Sprintf(`"," or %q`, closer))
		}
		r.source.Skip()
		r.space()
	}
	if closer == '}' {
		return r.field()
	}
	return r.value()
}

// space passes over what separates tokens, and begins the next one.
func (r *Reader) space() {
	s := r.source
	for {
		s.Begin()
		switch s.Peek() {
		case ' ', '\n', '\t', '\r':
			s.Skip()
		default:
			return
		}
	}
}

func (r *Reader) close() (token.Token, error) {
	r.source.Skip()
	r.closers = r.closers[:len(r.closers)-1]
	r.next = more
	return token.Token{Kind: token.Close}, nil
}

func (r *Reader) field() (token.Token, error) {
	if r.source.Peek() != '"' {
		return token.Token{}, r.Fail("a field name")
	}
	t, err := r.string()
	r.next = colon
	return t, err
}

func (r *Reader) value() (t token.Token, err error) {
	r.next = more
	switch c := r.source.Peek(); c {
	case '{':
		return r.open(token.OpenMap, '}')
	case '[':
		return r.open(token.OpenList, ']')
	case '"':
		return r.string()
	case 't':
		return token.Token{Kind: token.Bool, Int: 1}, r.word("true")
	case 'f':
		return token.Token{Kind: token.Bool}, r.word("false")
	case 'n':
		return token.Token{Kind: token.Nil}, r.word("null")
	}
	return r.number()
}

func (r *Reader) open(kind token.Kind, closer byte) (token.Token, error) {
	if len(r.closers) == deepest {
		return token.Token{}, r.Fail("a value that is nested less deep")
	}
	r.source.Skip()
	r.closers = append(r.closers, closer)
	r.next = first
	return token.Token{Kind: kind}, nil
}

func (r *Reader) word(word string) error {
	s := r.source
	for i := range len(word) {
		if s.Peek() != word[i] {
			return s.FailNext(word)
		}
		s.Skip()
	}
	return nil
}

// inString are the bytes that matter within a string: those which end or escape
// something, and those which have to be escaped.
var inString = func() *token.Bytes {
	b := token.NewBytes(`"\`)
	for c := range ' ' {
		b[c] = true
	}
	return b
}()

func (r *Reader) string() (token.Token, error) {
	s := r.source
	s.Skip()
	escaped := false
	for {
		switch c := s.SkipUntil(inString); {
		case c == '"':
			text := s.Taken()[1:]
			s.Skip()
			return r.plain(text, escaped)
		case c == '\\':
			escaped = true
			if s.Skip(); s.Peek() < ' ' {
				return token.Token{}, s.FailNext(`an escape (one of "\/bfnrtu)`)
			}
		case c < ' ' && s.AtEnd():
			return token.Token{}, s.FailNext(`'"'`)
		case c < ' ':
			return token.Token{}, s.FailNext("an escaped control character")
		}
		s.Skip()
	}
}

func (r *Reader) plain(text []byte, escaped bool) (token.Token, error) {
	if escaped {
		ok := false
		if r.scratch, ok = token.Unescape(r.scratch[:0], text); !ok {
			return token.Token{}, r.Fail(`a string with no escapes but "\/bfnrtu`)
		}
		text = r.scratch
	}
	return token.Token{Kind: token.String, Text: text}, nil
}

// number reads a number: as an integer if it is one of 64 bits, otherwise as its
// text.
func (r *Reader) number() (token.Token, error) {
	s := r.source
	isInteger := true
	if s.Peek() == '-' {
		s.Skip()
	}
	if s.Peek() == '0' {
		s.Skip()
	} else if err := r.digits("a JSON value"); err != nil {
		return token.Token{}, err
	}
	if s.Peek() == '.' {
		isInteger = false
		s.Skip()
		if err := r.digits("a digit"); err != nil {
			return token.Token{}, err
		}
	}
	if c := s.Peek(); c == 'e' || c == 'E' {
		isInteger = false
		if err := r.exponent(); err != nil {
			return token.Token{}, err
		}
	}
	return r.figure(s.Taken(), isInteger), nil
}

func (r *Reader) exponent() error {
	s := r.source
	s.Skip()
	if c := s.Peek(); c == '+' || c == '-' {
		s.Skip()
	}
	return r.digits("a digit")
}

func (r *Reader) digits(expected string) error {
	s := r.source
	if !isDigit(s.Peek()) {
		return s.FailNext(expected)
	}
	for isDigit(s.Peek()) {
		s.Skip()
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (r *Reader) figure(text []byte, isInteger bool) token.Token {
	if n, fits := integer(text); isInteger && fits {
		return token.Token{Kind: token.Int, Int: n}
	}
	return token.Token{Kind: token.Number, Text: text}
}

// integer is the value of an optional minus and digits, and says whether it has
// 64 bits.
func integer(text []byte) (int64, bool) {
	const safe = 18 // digits that fit whatever they are
	if len(text) > safe {
		n, err := strconv.ParseInt(string(text), 10, 64)
		return n, err == nil
	}
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	var n int64
	for _, c := range text {
		n = n*10 + int64(c-'0')
	}
	if negative {
		return -n, true
	}
	return n, true
}
