package history

import (
	"fmt"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads JSON from one line. A history has a million lines and
// encoding/json would spend ten seconds on them; this one knows the few shapes
// that it meets, and makes every string only once.
type parser struct {
	text  []byte
	at    int
	names names
	// scratch holds a string while its escapes are resolved, stack the items of
	// the lists that are being read.
	scratch []byte
	stack   []Value
}

// names are the strings seen so far: keys, nodes and errors come again and again.
type names map[string]string

// Beyond these sizes strings are not worth remembering.
const (
	maxNames    = 1 << 16
	longestName = 256
)

func (n names) intern(b []byte) string {
	if len(b) > longestName {
		return string(b)
	}
	if s, known := n[string(b)]; known {
		return s
	}
	s := string(b)
	if n != nil && len(n) < maxNames {
		n[s] = s
	}
	return s
}

// unexpected says what the parser wanted and did not find.
type unexpected struct {
	at       int
	expected string
	found    string
	// ended is set if the text was right as far as it went.
	ended bool
}

func (u *unexpected) Error() string {
	return fmt.Sprintf("column %d: expected %s, found %s", u.at+1, u.expected, u.found)
}

func (p *parser) reset(text []byte) { p.text, p.at, p.stack = text, 0, p.stack[:0] }

// fail reports that something else stands where the parser is.
func (p *parser) fail(expected string) error { return p.failAt(p.at, expected) }

func (p *parser) failAt(at int, expected string) error {
	if at >= len(p.text) {
		return &unexpected{at: at, expected: expected, found: "the end of the line", ended: true}
	}
	found := validText(string(p.text[at:min(len(p.text), at+100)]))
	return &unexpected{at: at, expected: expected, found: fmt.Sprintf("%q", shorten(found, 20))}
}

// peek returns the next byte, or 0 at the end (a NUL in the text is no JSON
// either).
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// take skips the byte c if it is next.
func (p *parser) take(c byte) bool {
	p.space()
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// finish expects nothing but space.
func (p *parser) finish() error {
	if p.space(); p.at < len(p.text) {
		return p.fail("the end of the line")
	}
	return nil
}

// value reads any JSON value that stands depth deep in others.
func (p *parser) value(depth int) (Value, error) {
	p.space()
	switch c := p.peek(); c {
	case 'n':
		return Value{}, p.word("null")
	case 't':
		return Bool(true), p.word("true")
	case 'f':
		return Bool(false), p.word("false")
	case '"':
		text, err := p.string("a string")
		return Value{kind: KindString, more: &more{text: p.names.intern(text)}}, err
	case '[':
		return p.list(depth + 1)
	case '{':
		return p.object(depth + 1)
	default:
		return p.numberValue()
	}
}

func (p *parser) word(word string) error {
	for i := range len(word) {
		if p.peek() != word[i] {
			return p.fail(word)
		}
		p.at++
	}
	return nil
}

func (p *parser) enter(depth int) error {
	if depth > maxDepth {
		return &unexpected{at: p.at, expected: fmt.Sprintf("a value nested at most %d deep", maxDepth), found: "a deeper one"}
	}
	p.at++
	return nil
}

func (p *parser) list(depth int) (Value, error) {
	if err := p.enter(depth); err != nil {
		return Value{}, err
	}
	bottom := len(p.stack)
	for more := !p.take(']'); more; {
		item, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		p.stack = append(p.stack, item)
		if more, err = p.another(']'); err != nil {
			return Value{}, err
		}
	}
	items := append([]Value(nil), p.stack[bottom:]...)
	clear(p.stack[bottom:])
	p.stack = p.stack[:bottom]
	return List(items...), nil
}

// another says whether a comma follows, rather than the end of list or object.
func (p *parser) another(end byte) (bool, error) {
	switch {
	case p.take(','):
		return true, nil
	case p.take(end):
		return false, nil
	}
	return false, p.fail(fmt.Sprintf("%q or %q", ",", end))
}

// object reads an object as raw text in normal form: no space, strings with the
// fewest escapes, fields in the order in which they stand.
func (p *parser) object(depth int) (Value, error) {
	if err := p.enter(depth); err != nil {
		return Value{}, err
	}
	text, deepest := []byte{'{'}, depth
	for more := !p.take('}'); more; {
		name, err := p.field()
		if err != nil {
			return Value{}, err
		}
		text = append(appendString(text, string(name)), ':')
		v, err := p.value(depth)
		if err != nil {
			return Value{}, err
		}
		text, deepest = appendValue(text, v), max(deepest, depth+height(v))
		if more, err = p.another('}'); err != nil {
			return Value{}, err
		}
		if more {
			text = append(text, ',')
		}
	}
	return raw(string(append(text, '}')), deepest-depth+1), nil
}

// height is how deep a value is nested: 0 for a number, 1 for a flat list.
func height(v Value) int {
	if v.kind == KindRaw {
		return int(v.num)
	}
	items, isList := v.Items()
	h := 0
	for _, item := range items {
		h = max(h, height(item))
	}
	if isList {
		h++
	}
	return h
}

// field reads an object's field name and its colon.
func (p *parser) field() ([]byte, error) {
	p.space()
	name, err := p.string("a field name")
	if err != nil {
		return nil, err
	}
	if !p.take(':') {
		return nil, p.fail(`":"`)
	}
	return name, nil
}

// numberValue reads a number: as an integer if it is one of 64 bits, otherwise as
// its text.
func (p *parser) numberValue() (Value, error) {
	start := p.at
	isInteger, err := p.number()
	if err != nil {
		return Value{}, err
	}
	text := p.text[start:p.at]
	if n, fits := atoi(text); isInteger && fits {
		return Value{kind: KindInt, num: n}, nil
	}
	return raw(string(text), 0), nil
}

// number skips a number and says whether it has neither fraction nor exponent.
func (p *parser) number() (isInteger bool, err error) {
	if err := p.whole(); err != nil {
		return false, err
	}
	isInteger = true
	if p.peek() == '.' {
		p.at++
		isInteger, err = false, p.digits()
	}
	if c := p.peek(); err == nil && (c == 'e' || c == 'E') {
		isInteger, err = false, p.exponent()
	}
	return isInteger, err
}

// whole skips a number's sign and the digits before its point.
func (p *parser) whole() error {
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	switch c := p.peek(); {
	case c == '0':
		p.at++
		return nil
	case isDigit(c):
		return p.digits()
	case p.at < len(p.text):
		return p.failAt(start, "a JSON value")
	}
	return p.fail("a JSON value")
}

func (p *parser) exponent() error {
	p.at++
	if c := p.peek(); c == '+' || c == '-' {
		p.at++
	}
	return p.digits()
}

func (p *parser) digits() error {
	if !isDigit(p.peek()) {
		return p.fail("a digit")
	}
	for isDigit(p.peek()) {
		p.at++
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// atoi reads the digits of a JSON integer, and says whether it has 64 bits.
func atoi(text []byte) (int64, bool) {
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range text {
		n = n*10 + uint64(c-'0') // 19 digits fit into 64 bits without a sign
	}
	if negative {
		return -int64(n), n <= -math.MinInt64
	}
	return int64(n), n <= math.MaxInt64
}

// string reads a string. The bytes are valid until the next string is read.
func (p *parser) string(expected string) ([]byte, error) {
	if p.peek() != '"' {
		return nil, p.fail(expected)
	}
	p.at++
	start, ascii := p.at, true
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"' && (ascii || utf8.Valid(p.text[start:p.at])):
			p.at++
			return p.text[start : p.at-1], nil
		case c == '\\', c == '"', c < ' ':
			p.at = start
			return p.escaped()
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, p.fail(`'"'`)
}

// escaped reads the rest of a string that has escapes or bytes that are not UTF-8.
func (p *parser) escaped() ([]byte, error) {
	p.scratch = p.scratch[:0]
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return p.scratch, nil
		case c < ' ':
			return nil, p.fail("an escaped control character")
		case c == '\\':
			if err := p.escape(); err != nil {
				return nil, err
			}
		default:
			r, size := utf8.DecodeRune(p.text[p.at:])
			p.scratch = utf8.AppendRune(p.scratch, r)
			p.at += size
		}
	}
	return nil, p.fail(`'"'`)
}

func (p *parser) escape() error {
	p.at++
	switch c := p.peek(); c {
	case '"', '\\', '/':
		p.scratch = append(p.scratch, c)
	case 'b':
		p.scratch = append(p.scratch, '\b')
	case 'f':
		p.scratch = append(p.scratch, '\f')
	case 'n':
		p.scratch = append(p.scratch, '\n')
	case 'r':
		p.scratch = append(p.scratch, '\r')
	case 't':
		p.scratch = append(p.scratch, '\t')
	case 'u':
		return p.unicode()
	default:
		return p.fail(`an escape (one of "\/bfnrtu)`)
	}
	p.at++
	return nil
}

// unicode reads \uXXXX from its u on, and the second half of a surrogate pair.
// Half a pair alone becomes U+FFFD.
func (p *parser) unicode() error {
	p.at++
	r, err := p.hex4()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		r = p.secondHalf(r)
	}
	p.scratch = utf8.AppendRune(p.scratch, r)
	return nil
}

func (p *parser) secondHalf(first rune) rune {
	before := p.at
	if p.peek() == '\\' && p.at+1 < len(p.text) && p.text[p.at+1] == 'u' {
		p.at += 2
		if second, err := p.hex4(); err == nil {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r
			}
		}
	}
	p.at = before // whatever it is, it is read again for itself
	return utf8.RuneError
}

func (p *parser) hex4() (rune, error) {
	var r rune
	for range 4 {
		digit, ok := unhex(p.peek())
		if !ok {
			return 0, p.fail("four hexadecimal digits")
		}
		r = r<<4 | digit
		p.at++
	}
	return r, nil
}

func unhex(c byte) (rune, bool) {
	switch {
	case isDigit(c):
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}
