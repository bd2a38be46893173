// Package token is what the readers of foreign histories have in common: a text
// that is read once, from front to back, and the tokens and values that it
// consists of. It knows no syntax: see the packages edn and jsontext for that.
package token

// Kind is what a token is.
type Kind uint8

const (
	// End is the end of the text.
	End Kind = iota
	Nil
	// Bool is true if Int is 1.
	Bool
	// Int is a whole number of 64 bits.
	Int
	// Number is any other number; its Text is JSON.
	Number
	String
	// Name is a keyword of EDN, without its colon.
	Name
	// Symbol is any other word.
	Symbol
	// Tag says something about the value after it; its Text has no #.
	Tag
	// OpenList begins a list, a vector or a set, OpenMap a map, and Close ends any
	// of them. In a map keys and values take turns.
	OpenList
	OpenMap
	Close
)

// Token is the smallest part of a text that means something.
type Token struct {
	Kind Kind
	// Text is the token's text without quotes, escapes and marks. It is valid
	// until the next token is read.
	Text []byte
	Int  int64
}

// IsWord says that the token is text of some kind: a name, a string or a symbol.
func (t Token) IsWord() bool { return t.Kind == String || t.Kind == Name || t.Kind == Symbol }

// Position is a place in a text.
type Position struct {
	// Line and Column (in bytes) count from 1, Offset from 0.
	Line, Column int
	Offset       int64
}

// Stream gives the tokens of a text, one after the other. What is opened is
// closed, and only that.
type Stream interface {
	Next() (Token, error)
	// Here is where the token begins that was given last.
	Here() Position
	// Fail says that something else should stand there.
	Fail(expected string) error
	// FailAt says so of an earlier place, and what was found there.
	FailAt(at Position, expected, found string) error
	// Unended says that the text has ended within a line.
	Unended() bool
}

// Skip passes over the value that begins with the token.
func Skip(s Stream, first Token) error {
	for depth := 0; ; {
		switch first.Kind {
		case End:
			return s.Fail("a value")
		case OpenList, OpenMap:
			depth++
		case Close:
			if depth--; depth < 0 {
				return s.Fail("a value")
			}
		}
		if depth == 0 && first.Kind != Tag {
			return nil
		}
		next, err := s.Next()
		if err != nil {
			return err
		}
		first = next
	}
}

// Untag passes over tags, and gives what they are about.
func Untag(s Stream, t Token) (Token, error) {
	var err error
	for err == nil && t.Kind == Tag {
		t, err = s.Next()
	}
	return t, err
}
