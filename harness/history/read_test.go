package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const line = `{"index":%d,"process":1,"type":"invoke","f":"wr\u00eete","key":"ké","value":[1,-2.5e3,null],"time":%d,"fault":{"id":1,"name":"x","nodes":null}}`

// text is a history of n lines.
func text(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line+"\n", i, i)
	}
	return b.String()
}

func write(t testing.TB, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "history.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryTornLineIsNoticed(t *testing.T) {
	whole := text(3)
	last := len(text(2))
	for cut := last; cut <= len(whole); cut++ {
		for _, zeros := range []string{"", "\x00\x00\x00"} {
			h, notice, err := read(strings.NewReader(whole[:cut]+zeros), "h", 0)
			torn := cut > last && cut < len(whole)-1
			if err != nil || notice.Truncated != torn || (len(h.Ops) == 3) != (cut >= len(whole)-1) {
				t.Errorf("cut after %d bytes: %v, %v", cut-last, notice, err)
			}
			if torn && (notice.Line != 3 || notice.Bytes != cut-last || notice.String() == "") {
				t.Errorf("cut after %d bytes: %+v", cut-last, notice)
			}
		}
	}
}

func TestLineErrors(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"torn within", strings.Replace(text(3), "\n", `"`+"\n", 1), `:1:`},
		{"half a line within", text(1) + `{"index":1,` + "\n" + text(1), ":2:12: expected a field name, found the end of the line"},
		{"wrong in the last line", text(1) + `{"index":x`, `:2:10: expected an index (0, 1, 2, ...), found "x"`},
		{"a line is missing", text(1) + fmt.Sprintf(line, 2, 2) + "\n", `:2:1: expected the op with index 1, found index 2: a line is missing`},
		{"no history", "#!/bin/sh\n", `:1:1: expected an operation: {, found "#!/bin/sh"`},
		{"a binary", "\x7fELF\x02\x01\x01\x00\n", `:1:1: expected an operation: {`},
	}
	for _, test := range tests {
		path := write(t, test.text)
		_, _, err := Read(path)
		var at *LineError
		if !errors.As(err, &at) || at.File != path || !strings.Contains(err.Error(), path+test.want[:1]) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestReadWhatPeopleWrite(t *testing.T) {
	h, notice, err := Read(write(t, "\n\r\n"+`{"type":"invoke","process":0,"f":"a"}`+"\r\n   \n"+`{"type":"ok","process":0,"f":"a","time":1}`))
	if err != nil || notice.Truncated {
		t.Fatal(notice, err)
	}
	want := []Op{{F: "a"}, {Index: 1, Type: OK, F: "a", Time: 1}}
	if !reflect.DeepEqual(h.Ops, want) {
		t.Errorf("got %+v", h.Ops)
	}
	if h, _, err := Read(write(t, "")); err != nil || len(h.Ops) != 0 {
		t.Errorf("an empty file: %v, %v", h, err)
	}
	if _, _, err := Read(filepath.Join(t.TempDir(), "history.jsonl")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestLongLines(t *testing.T) {
	long := func(n int) string {
		return `{"type":"ok","process":0,"f":"a","value":"` + strings.Repeat("v", n) + "\"}\n"
	}
	h, _, err := Read(write(t, long(3<<20)+long(5<<20)+long(1)))
	if err != nil || len(h.Ops) != 3 {
		t.Fatal(err)
	}
	if s, _ := h.Ops[1].Value.Text(); len(s) != 5<<20 {
		t.Errorf("%d bytes", len(s))
	}
	lines := &lineReader{in: bufio.NewReaderSize(strings.NewReader(long(1)+long(900)+long(1000)), 16), longest: 1000}
	for range 2 {
		if _, err := lines.next(); err != nil {
			t.Fatal(err)
		}
	}
	if line, err := lines.next(); err == nil || lines.number != 3 || err.Error() != "the line is longer than 1000 bytes" {
		t.Errorf("line %d has %d bytes, %v", lines.number, len(line), err)
	}
}

func TestEmptyLinesAskForNoMemory(t *testing.T) {
	n, err := countLines(write(t, strings.Repeat("\n", 1<<20)))
	if err != nil || n > 1<<20/shortestLine+1 {
		t.Errorf("room for %d ops (%v)", n, err)
	}
}

func TestCompressedHistoryIsTheSame(t *testing.T) {
	path := write(t, text(1000))
	before, _ := mustRead(t, path)
	packed, err := Compress(path)
	if err != nil || packed != path+".zst" {
		t.Fatal(packed, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old file is still there: %v", err)
	}
	for _, name := range []string{path, packed} {
		if after, _ := mustRead(t, name); !reflect.DeepEqual(before, after) {
			t.Errorf("%s differs", name)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("files left: %v", left)
	}
}

func TestFailedCompressionLeavesTheHistoryAlone(t *testing.T) {
	path := write(t, text(10))
	if err := os.Mkdir(path+".zst.part", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Compress(path); err == nil {
		t.Error("no error")
	}
	if h, _ := mustRead(t, path); len(h.Ops) != 10 {
		t.Errorf("%d ops are left", len(h.Ops))
	}
	if _, err := Compress(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestDamagedCompressedHistory(t *testing.T) {
	packed, err := Compress(write(t, text(1000)))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"cut short": whole[:len(whole)/2], "flipped": flip(whole, len(whole)/2), "no zstd": []byte("nothing of the kind"),
	} {
		path := filepath.Join(t.TempDir(), "history.jsonl.zst")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0x55
	return b
}

// FuzzParser holds the parser against encoding/json: both accept the same texts
// (but for the bound on nesting) and see the same values in them.
func FuzzParser(f *testing.F) {
	for _, s := range []string{`null`, `[1,-0,2.5e-3,"\u00e9\ud83d\ude00\ud83d"]`, `{"a":{"b":[]},"a":1}`, "\"\xff\xc3\"", `"\u12`, `1e999`, "[1,\x00]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v Value
		err := v.UnmarshalJSON(text)
		if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > maxDepth {
			return
		}
		if (err == nil) != json.Valid(text) {
			t.Fatalf("%q: %v, but encoding/json says valid=%v", text, err, json.Valid(text))
		}
		if err != nil {
			return
		}
		normal, err := v.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if a, b := generic(t, text), generic(t, normal); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q is %v, its normal form %q is %v", text, a, normal, b)
		}
		if again := parsed(t, string(normal)); !again.Equal(v) || !reflect.DeepEqual(again, v) {
			t.Fatalf("%q: normal form %q reads as %v", text, normal, again)
		}
		_ = v.String()
	})
}

// generic is what encoding/json makes of a text, with -0 as 0.
func generic(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return withoutMinusZero(v)
}

func withoutMinusZero(v any) any {
	switch v := v.(type) {
	case json.Number:
		if v == "-0" {
			return json.Number("0")
		}
	case []any:
		for i := range v {
			v[i] = withoutMinusZero(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = withoutMinusZero(v[key])
		}
	}
	return v
}

// FuzzRead feeds the reader any file: it answers with a history that is written
// and read back the same, or with an error, and never panics.
func FuzzRead(f *testing.F) {
	f.Add([]byte(text(3)))
	f.Add([]byte(text(2)[:200]))
	f.Add([]byte("\n\n{\"process\":\"nemesis\",\"type\":\"info\",\"f\":\"x\",\"fault\":{\"id\":1}}\n\x00"))
	f.Add([]byte(`{"process":0,"type":"ok","f":"read","value":{"a":[{"b":1e5}]},"time":9223372036854775807,"final":true}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		h, _, err := read(bytes.NewReader(file), "history.jsonl", 0)
		if err != nil {
			return
		}
		var again bytes.Buffer
		for _, op := range h.Ops {
			line, err := op.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			again.Write(append(line, '\n'))
		}
		back, notice, err := read(&again, "again", 0)
		if err != nil || notice.Truncated || len(back.Ops) != len(h.Ops) {
			t.Fatalf("written again: %v, %v", notice, err)
		}
		for i := range h.Ops {
			if !reflect.DeepEqual(h.Ops[i], back.Ops[i]) {
				t.Fatalf("%+v came back as %+v", h.Ops[i], back.Ops[i])
			}
		}
		_, _, _ = h.Calls(), h.FaultSpans(), h.WellFormed()
	})
}

// BenchmarkRead reads a history of a million ops such as a register's.
func BenchmarkRead(b *testing.B) {
	const ops = 1_000_000
	plain := recorded(b, ops)
	h, _, err := Read(plain)
	if err != nil || len(h.Ops) != ops {
		b.Fatal(err)
	}
	b.Run("jsonl", func(b *testing.B) { benchmarkRead(b, plain, ops) })
	packed, err := Compress(plain)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("zst", func(b *testing.B) { benchmarkRead(b, packed, ops) })
}

func benchmarkRead(b *testing.B, path string, ops int) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Read(path); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(ops)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func recorded(b *testing.B, ops int) (path string) {
	path = filepath.Join(b.TempDir(), "history.jsonl")
	var now time.Duration
	r, err := Create(path, func() time.Duration { now += 131_071; return now })
	if err != nil {
		b.Fatal(err)
	}
	for n := range ops / 2 {
		inv := r.Invoke(Op{Process: n % 10, F: "write", Key: fmt.Sprint("r", n/100), Node: fmt.Sprint("n", n%3), Value: Int(n)})
		r.Complete(inv, Type(1+n%3), inv.Value, []string{"", "connection refused", "context deadline exceeded"}[n%3])
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}
