package jsontext_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jsontext"
	"github.com/assaykit/assay/harness/history/token"
)

// values are all values of a text.
func values(in io.Reader) ([]history.Value, error) {
	var all []history.Value
	var reader token.Values
	r := jsontext.NewReader(in, "x.json")
	for {
		t, err := r.Next()
		if err != nil || t.Kind == token.End {
			return all, err
		}
		v, err := reader.Read(r, t)
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "[]",
		" \n":                           "[]",
		"null true false":               "[null,true,false]",
		"[1,-2 , 0]{\"a\" : []}\n\"b\"": `[[1,-2,0],{"a":[]},"b"]`,
		`9223372036854775808 1.50 1e5 -0.1E-2 -0`: `[9223372036854775808,1.50,1e5,-0.1E-2,0]`,
		`"\u00e4\ud83d\ude00\ud83d\n\/"`:          `["ä😀` + "\uFFFD" + `\n/"]`,
		`{"x":{"y":[1,{"z":null}]}}`:              `[{"x":{"y":[1,{"z":null}]}}]`,
	} {
		for how, in := range map[string]io.Reader{"whole": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
			all, err := values(in)
			if got := token.Text(history.List(all...)); got != want || err != nil {
				t.Errorf("%s, %s: %s, %v, want %s", text, how, got, err, want)
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
	{"[1,\n2", 2, 2, `"," or ']'`, true},
	{"[1 2]", 1, 4, `"," or ']'`, false},
	{"[1,]", 1, 4, "a JSON value", false},
	{"[,1]", 1, 2, "a JSON value", false},
	{`{"a" 1}`, 1, 6, `":"`, false},
	{`{"a":}`, 1, 6, "a JSON value", false},
	{`{"a":1,}`, 1, 8, "a field name", false},
	{`{a:1}`, 1, 2, "a field name", false},
	{`{"a":1]`, 1, 7, `"," or '}'`, false},
	{"]", 1, 1, "a JSON value", false},
	{`"a`, 1, 3, `'"'`, true},
	{"\"a\nb\"", 1, 3, "an escaped control character", false},
	{`"\x"`, 1, 1, `a string with no escapes but "\/bfnrtu`, false},
	{`"\`, 1, 3, `an escape (one of "\/bfnrtu)`, true},
	{"nul", 1, 4, "null", true},
	{"nil", 1, 2, "null", false},
	{"-", 1, 2, "a JSON value", true},
	{"1.x", 1, 3, "a digit", false},
	{"1e", 1, 3, "a digit", true},
	{strings.Repeat("[", 101), 1, 101, "a value that is nested less deep", false},
}

func TestMistakesHaveAPlace(t *testing.T) {
	for _, c := range wrong {
		_, err := values(iotest.HalfReader(strings.NewReader(c.text)))
		e, is := errors.AsType[*token.Error](err)
		if !is || e.Line != c.line || e.Column != c.column || e.Expected != c.expected || e.Ended != c.ended {
			t.Errorf("%.20q: %v (ended %v), want %d:%d: expected %s (ended %v)", c.text, err, token.Ended(err), c.line, c.column, c.expected, c.ended)
		}
	}
}

// FuzzValues: the reader takes what encoding/json takes, and nothing else; and it
// does not matter in which pieces the text comes.
func FuzzValues(f *testing.F) {
	f.Add(`{"index":0,"value":[["append","x",1],["r","y",null]],"time":1.5e3}`)
	f.Add("[1,-2 , 0]{\"a\" : []}\n\"\\u00e4\\ud83d\\ude00\"")
	for _, c := range wrong[:len(wrong)-1] {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		whole, err1 := values(strings.NewReader(text))
		pieces, err2 := values(iotest.OneByteReader(strings.NewReader(text)))
		a, b := token.Text(history.List(whole...)), token.Text(history.List(pieces...))
		if a != b || fmt.Sprint(err1) != fmt.Sprint(err2) {
			t.Errorf("whole: %s, %v; in pieces: %s, %v", a, err1, b, err2)
		}
		if len(whole) == 1 && err1 == nil != json.Valid([]byte(text)) {
			t.Errorf("read as %s, %v, but valid is %v", a, err1, json.Valid([]byte(text)))
		}
	})
}
