package edn_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/edn"
	"github.com/assaykit/assay/harness/history/token"
)

// tokens are a text's, as one line.
func tokens(in io.Reader) (string, error) {
	var all []string
	r := edn.NewReader(in, "x.edn")
	for {
		t, err := r.Next()
		if err != nil || t.Kind == token.End {
			return strings.Join(all, " "), err
		}
		all = append(all, shown(t))
	}
}

func shown(t token.Token) string {
	switch t.Kind {
	case token.Nil:
		return "nil"
	case token.Bool, token.Int:
		return fmt.Sprint(t.Int)
	case token.String:
		return fmt.Sprintf("%q", t.Text)
	case token.Name:
		return ":" + string(t.Text)
	case token.Tag:
		return "#" + string(t.Text)
	case token.OpenList:
		return "["
	case token.OpenMap:
		return "{"
	case token.Close:
		return "]"
	}
	return string(t.Text)
}

var readable = []struct{ text, want string }{
	{"", ""},
	{" \n,; only a comment", ""},
	{"nil true false", "nil 1 0"},
	{"{:type :invoke, :f :read}", "{ :type :invoke :f :read ]"},
	{"[1 -2 +3 0]", "[ 1 -2 3 0 ]"},
	{"(1, #{2} ())", "[ 1 [ 2 ] [ ] ]"},
	{"9223372036854775807 -9223372036854775808 9223372036854775808", "9223372036854775807 -9223372036854775808 9223372036854775808"},
	{"7N 7M 1.5 1. -1.5e3 2E-7M", "7 7.0 1.5 1.0 -1.5e3 2E-7"},
	{"22/7 017 0x1F 1.2.3 - + -a ##NaN", "22/7 017 0x1F 1.2.3 - + -a ##NaN"},
	{`"" "a" "a\"b\\\n" "\u00e4\ud83d\ude00\ud83d" "grün"`, `"" "a" "a\"b\\\n" "ä😀` + "\uFFFD" + `" "grün"`},
	{`\a \newline \u0041 \( \" \ü`, `"a" "\n" "A" "(" "\"" "ü"`},
	{"#_ 1 2 #_#_3 4 5 #_[6 #_7 8] 9 #_ #a b 10", "2 5 9 10"},
	{"{:a #_ 1 2}", "{ :a 2 ]"},
	{`#jepsen.history.Op{:index 0} #inst "2020" #object[a.B 0x1 "c"] #"\d+"`, `#jepsen.history.Op { :index 0 ] #inst "2020" #object [ a.B 0x1 "c" ] "\\d+"`},
	{":a/b :1 a.b/c", ":a/b :1 a.b/c"},
}

func TestTokens(t *testing.T) {
	for _, c := range readable {
		for how, in := range map[string]io.Reader{"whole": strings.NewReader(c.text), "byte by byte": iotest.OneByteReader(strings.NewReader(c.text))} {
			if got, err := tokens(in); got != c.want || err != nil {
				t.Errorf("%s, %s: %s, %v, want %s", c.text, how, got, err, c.want)
			}
		}
	}
}

var wrong = []struct {
	text         string
	line, column int
	expected     string
	ended        bool
}{
	{"{:a 1", 1, 6, `'}'`, true},
	{"[1\n (2\n", 3, 1, `')'`, true},
	{"[1 }", 1, 4, `a form or ']'`, false},
	{" )", 1, 2, "a form", false},
	{`"abc`, 1, 5, `'"'`, true},
	{`"abc\`, 1, 6, `'"'`, true},
	{"{: 1}", 1, 3, "a keyword's name after :", false},
	{"#", 1, 2, "a tag, a set or a discarded form after #", true},
	{"# {}", 1, 2, "a tag, a set or a discarded form after #", false},
	{"#<Thing 1>", 1, 2, "a tag, a set or a discarded form after #", false},
	{"[#_]", 1, 4, "a form to be discarded", false},
	{"#_", 1, 3, "a form to be discarded", true},
	{`\`, 1, 2, "a character", true},
	{`\abc`, 1, 1, "a character", false},
	{"\x00", 1, 1, "a form", false},
	{"1 \n\"ä\" \x00", 2, 6, "a form", false},
	{strings.Repeat("[", 10_001), 1, 10_001, "a form that is nested less deep", false},
}

func TestMistakesHaveAPlace(t *testing.T) {
	for _, c := range wrong {
		_, err := tokens(iotest.HalfReader(strings.NewReader(c.text)))
		e, is := errors.AsType[*token.Error](err)
		if !is || e.Line != c.line || e.Column != c.column || e.Expected != c.expected || e.Ended != c.ended {
			t.Errorf("%.20q: %v (ended %v), want %d:%d: expected %s (ended %v)", c.text, err, token.Ended(err), c.line, c.column, c.expected, c.ended)
		}
	}
}

// A text of marks alone does not use up the stack.
func TestManyDiscards(t *testing.T) {
	const marks = 1 << 20
	if got, err := tokens(strings.NewReader(strings.Repeat("#_", marks) + strings.Repeat("1 ", marks) + "2")); got != "2" || err != nil {
		t.Errorf("%.20s, %v", got, err)
	}
}

func TestAFileThatCannotBeReadIsNoMistake(t *testing.T) {
	broken := errors.New("broken")
	_, err := tokens(io.MultiReader(strings.NewReader("[1 2"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || token.Ended(err) {
		t.Errorf("%v", err)
	}
}

func TestValuesAreReadBack(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `-7`, `"a\"\n\u0001ä"`, `[]`, `[1,[2,"x"],null]`, `1.5`, `1e400`, `-0.0`, `12345678901234567890`,
		`{}`, `{"a":{"b":[1,2.5,"c",null,true]},"":[]}`,
	} {
		var v history.Value
		if err := v.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		written := string(edn.AppendValue(nil, v))
		r := edn.NewReader(strings.NewReader(written), "x")
		first, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		var values token.Values
		if back, err := values.Read(r, first); err != nil || !back.Equal(v) {
			t.Errorf("%s is written as %s and read as %v, %v", text, written, back, err)
		}
	}
}

func TestNames(t *testing.T) {
	for word, want := range map[string]string{"read": ":read", "compare-and-set": ":compare-and-set", "": `""`, "a b": `"a b"`, "1a": `"1a"`, "a/b": `"a/b"`, "ä": `"ä"`} {
		if got := string(edn.AppendName(nil, word)); got != want {
			t.Errorf("%q is written as %s, want %s", word, got, want)
		}
	}
}

// FuzzTokens: no text makes the reader panic or hang, what is closed was opened,
// and it does not matter in which pieces the text comes.
func FuzzTokens(f *testing.F) {
	for _, c := range readable {
		f.Add(c.text)
	}
	for _, c := range wrong[:len(wrong)-1] {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, err1 := tokens(strings.NewReader(text))
		pieces, err2 := tokens(iotest.OneByteReader(strings.NewReader(text)))
		if whole != pieces || fmt.Sprint(err1) != fmt.Sprint(err2) {
			t.Errorf("whole: %s, %v; in pieces: %s, %v", whole, err1, pieces, err2)
		}
	})
}
