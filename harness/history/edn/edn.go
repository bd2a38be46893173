// Package edn reads the tokens of the Extensible Data Notation in which Jepsen
// prints its histories (github.com/edn-format/edn, and what Clojure's printer adds
// to it: ratios, regular expressions, records, objects), and writes values in it.
// It gives no meaning to anything.
//
// There is a library for EDN, olympos.io/encoding/edn, last changed in 2020. It
// takes almost four microseconds and a hundred allocations for an operation of
// Jepsen, twenty times as much as is spent here, and knows neither line and
// column of a mistake nor whether a text was merely cut off.
package edn

import (
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/assaykit/assay/harness/history/token"
)

// deepest is how deep a text may be nested, also where nobody looks.
const deepest = 10_000

// Reader gives the tokens of a text.
type Reader struct {
	source *token.Source
	// closers are what will close what is open.
	closers []byte
	scratch []byte
}

var _ token.Stream = (*Reader)(nil)

// NewReader reads EDN. The name is for errors.
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

// Next gives the next token that is not discarded.
func (r *Reader) Next() (token.Token, error) {
	for {
		t, discard, err := r.next()
		if err != nil || !discard {
			return t, err
		}
		if err := r.discard(); err != nil {
			return t, err
		}
	}
}

// discard passes over the form after #_, where several such marks discard as
// many forms. It does not call itself: a text of marks alone would use up the
// stack.
func (r *Reader) discard() error {
	outside := len(r.closers)
	for forms := 1; forms > 0; {
		t, discard, err := r.next()
		switch {
		case err != nil:
			return err
		case len(r.closers) < outside:
			return r.Fail("a form to be discarded")
		case len(r.closers) > outside, t.Kind == token.Tag:
		case discard:
			forms++
		case t.Kind == token.End:
			return r.Fail("a form to be discarded")
		default:
			forms--
		}
	}
	return nil
}

// next gives the next token, or says that the form after it is to be discarded.
func (r *Reader) next() (t token.Token, discard bool, err error) {
	s := r.source
	r.space()
	s.Begin()
	switch c := s.Peek(); c {
	case 0:
		t, err = r.end()
	case '(', '[':
		t, err = r.open(token.OpenList, c)
	case '{':
		t, err = r.open(token.OpenMap, c)
	case ')', ']', '}':
		t, err = r.close(c)
	case '"':
		t, err = r.string()
	case ':':
		t, err = r.name()
	case '\\':
		t, err = r.character()
	case '#':
		return r.dispatch()
	default:
		t, err = r.atom()
	}
	return t, false, err
}

// space passes over what separates forms.
func (r *Reader) space() {
	s := r.source
	for {
		switch s.Peek() {
		case ' ', ',', '\n', '\t', '\r', '\f':
			s.Skip()
		case ';':
			for c := s.Peek(); c != '\n' && !(c == 0 && s.AtEnd()); c = s.Peek() {
				s.Skip()
				s.Begin() // a comment need not be kept, however long
			}
		default:
			return
		}
		s.Begin()
	}
}

func (r *Reader) end() (token.Token, error) {
	if !r.source.AtEnd() {
		return token.Token{}, r.Fail("a form")
	}
	if err := r.source.Failed(); err != nil {
		return token.Token{}, err
	}
	if open := len(r.closers); open > 0 {
		return token.Token{}, r.Fail(fmt.Sprintf("%q", r.closers[open-1]))
	}
	return token.Token{Kind: token.End}, nil
}

func (r *Reader) open(kind token.Kind, c byte) (token.Token, error) {
	if len(r.closers) == deepest {
		return token.Token{}, r.Fail("a form that is nested less deep")
	}
	closer := byte(')')
	switch c {
	case '[':
		closer = ']'
	case '{':
		closer = '}'
	}
	r.closers = append(r.closers, closer)
	r.source.Skip()
	return token.Token{Kind: kind}, nil
}

func (r *Reader) close(c byte) (token.Token, error) {
	last := len(r.closers) - 1
	switch {
	case last < 0:
		return token.Token{}, r.Fail("a form")
	case r.closers[last] != c:
		return token.Token{}, r.Fail(fmt.Sprintf("a form or %q", r.closers[last]))
	}
	r.closers = r.closers[:last]
	r.source.Skip()
	return token.Token{Kind: token.Close}, nil
}

// dispatch reads what begins with #.
func (r *Reader) dispatch() (t token.Token, discard bool, err error) {
	s := r.source
	s.Skip()
	switch c := s.Peek(); {
	case c == '{':
		t, err = r.open(token.OpenList, c)
	case c == '_':
		s.Skip()
		return t, true, nil
	case c == '"':
		t, err = r.string() // a regular expression
	case c == '#':
		t.Kind, t.Text = token.Symbol, r.word() // ##NaN, ##Inf
	case delimiters[c], c == '<':
		err = s.FailNext("a tag, a set or a discarded form after #")
	default:
		t.Kind, t.Text = token.Tag, r.word()[1:]
	}
	return t, false, err
}

// delimiters end words.
var delimiters = token.NewBytes(" ,\n\t\r\f()[]{}\";")

// word takes all that belongs to a symbol, a keyword or a number.
func (r *Reader) word() []byte {
	r.source.SkipUntil(delimiters)
	return r.source.Taken()
}

func (r *Reader) name() (token.Token, error) {
	text := r.word()
	if len(text) == 1 {
		return token.Token{}, r.source.FailNext("a keyword's name after :")
	}
	return token.Token{Kind: token.Name, Text: text[1:]}, nil
}

func (r *Reader) atom() (token.Token, error) {
	text := r.word()
	switch string(text) {
	case "":
		return token.Token{}, r.Fail("a form")
	case "nil":
		return token.Token{Kind: token.Nil}, nil
	case "true":
		return token.Token{Kind: token.Bool, Int: 1}, nil
	case "false":
		return token.Token{Kind: token.Bool}, nil
	}
	if t, is := r.number(text); is {
		return t, nil
	}
	return token.Token{Kind: token.Symbol, Text: text}, nil
}

// characters are those that have a name.
var characters = map[string]string{
	"newline": "\n", "space": " ", "tab": "\t", "return": "\r", "backspace": "\b", "formfeed": "\f",
}

// character reads a character as a string.
func (r *Reader) character() (token.Token, error) {
	s := r.source
	s.Skip()
	if s.AtEnd() {
		return token.Token{}, s.FailNext("a character")
	}
	s.Skip() // whatever it is, also what delimits
	text := r.word()[1:]
	if named, is := characters[string(text)]; is {
		return token.Token{Kind: token.String, Text: []byte(named)}, nil
	}
	if len(text) == 5 && text[0] == 'u' {
		if c, err := strconv.ParseUint(string(text[1:]), 16, 16); err == nil {
			return token.Token{Kind: token.String, Text: utf8.AppendRune(nil, rune(c))}, nil
		}
	}
	if utf8.RuneCount(text) > 1 {
		return token.Token{}, r.Fail("a character")
	}
	return token.Token{Kind: token.String, Text: text}, nil
}
