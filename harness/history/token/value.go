package token

import "github.com/assaykit/assay/harness/history"

const (
	// deepest is how deep lists and maps of a value may be nested: as deep as in
	// any history.
	deepest = 100
	// mostWords and longestWord bound the words that are remembered.
	mostWords   = 1 << 16
	longestWord = 256
)

// Values makes values of tokens: names, symbols and strings become strings, lists,
// vectors and sets become lists in the order in which they stand, maps and other
// numbers the JSON that is nearest to them. Tags are passed over. Words come again
// and again, so each is made only once.
type Values struct {
	words map[string]word
	stack []history.Value
}

type word struct {
	text  string
	value history.Value
}

// Word is a token's text.
func (v *Values) Word(text []byte) string { return v.word(text).text }

func (v *Values) word(text []byte) word {
	if w, known := v.words[string(text)]; known {
		return w
	}
	value := history.String(string(text))
	s, _ := value.Text()
	w := word{s, value}
	if v.words == nil {
		v.words = map[string]word{}
	}
	if len(text) <= longestWord && len(v.words) < mostWords {
		v.words[string(text)] = w
	}
	return w
}

// Read reads the value that begins with the token.
func (v *Values) Read(s Stream, first Token) (history.Value, error) {
	v.stack = v.stack[:0]
	return v.read(s, first, 0)
}

func (v *Values) read(s Stream, t Token, depth int) (value history.Value, err error) {
	if t, err = Untag(s, t); err != nil {
		return value, err
	}
	if depth == deepest && (t.Kind == OpenList || t.Kind == OpenMap) {
		return value, s.Fail("a value that is nested less deep")
	}
	switch t.Kind {
	case Nil:
		return value, nil
	case Bool:
		return history.Bool(t.Int == 1), nil
	case Int:
		return history.Int(int(t.Int)), nil
	case Number:
		return value, value.UnmarshalJSON(t.Text)
	case String, Name, Symbol:
		return v.word(t.Text).value, nil
	case OpenList:
		return v.list(s, depth+1)
	case OpenMap:
		return v.object(s, depth+1)
	}
	return value, s.Fail("a value")
}

// Items reads the items of a list that was opened. They are valid until the next
// value is read.
func (v *Values) Items(s Stream) ([]history.Value, error) {
	v.stack = v.stack[:0]
	if err := v.items(s, 1); err != nil {
		return nil, err
	}
	return v.stack, nil
}

func (v *Values) list(s Stream, depth int) (history.Value, error) {
	bottom := len(v.stack)
	if err := v.items(s, depth); err != nil {
		return history.Value{}, err
	}
	return v.pop(bottom), nil
}

// items puts the items of a list onto the stack.
func (v *Values) items(s Stream, depth int) error {
	for {
		t, err := s.Next()
		if err != nil || t.Kind == Close {
			return err
		}
		item, err := v.read(s, t, depth)
		if err != nil {
			return err
		}
		v.stack = append(v.stack, item)
	}
}

func (v *Values) pop(bottom int) history.Value {
	items := append([]history.Value(nil), v.stack[bottom:]...)
	v.stack = v.stack[:bottom]
	return history.List(items...)
}

// object reads a map as a JSON object. A key that is no word is named by its own
// JSON.
func (v *Values) object(s Stream, depth int) (object history.Value, err error) {
	text := []byte{'{'}
	for {
		t, err := s.Next()
		if err != nil {
			return object, err
		}
		if t.Kind == Close {
			return object, object.UnmarshalJSON(append(text, '}'))
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		if text, err = v.pair(s, t, depth, text); err != nil {
			return object, err
		}
	}
}

func (v *Values) pair(s Stream, first Token, depth int, text []byte) ([]byte, error) {
	key, err := v.read(s, first, depth)
	if err != nil {
		return text, err
	}
	name, err := history.String(Text(key)).MarshalJSON()
	if err != nil {
		return text, err
	}
	next, err := s.Next()
	if err != nil {
		return text, err
	}
	value, err := v.read(s, next, depth)
	if err != nil {
		return text, err
	}
	of, err := value.MarshalJSON()
	return append(append(append(text, name...), ':'), of...), err
}

// Text is a value as text: a string as it is, anything else as JSON.
func Text(v history.Value) string {
	if text, is := v.Text(); is {
		return text
	}
	text, err := v.MarshalJSON()
	if err != nil {
		return v.String()
	}
	return string(text)
}
