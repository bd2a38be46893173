package process

import (
	"bytes"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// writeLog makes a log of the given records and returns its folder.
func writeLog(t *testing.T, records ...string) string {
	t.Helper()
	dir := t.TempDir()
	w, _, err := openLog(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Append([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readLog(t *testing.T, dir string) []string {
	t.Helper()
	w, records, err := openLog(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return texts(records)
}

func texts(records [][]byte) []string {
	var list []string
	for _, r := range records {
		list = append(list, string(r))
	}
	return list
}

func expect[T any](t *testing.T, what string, got, want []T, equal func(a, b T) bool) {
	t.Helper()
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func same(a, b string) bool { return a == b }

// change applies a change to the bytes of a log.
func change(t *testing.T, dir string, f func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, logName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLogKeepsRecords(t *testing.T) {
	for _, records := range [][]string{nil, {""}, {"a"}, {"a", "", "b"}, {strings.Repeat("x", 100_000), "y"}} {
		expect(t, "records", readLog(t, writeLog(t, records...)), records, same)
	}
}

func TestLogThatWasCutAnywhereKeepsTheWholeRecords(t *testing.T) {
	ends := []int{0, 11, 19, 32}
	all := []string{"one", "", "three"}
	for cut := range ends[3] + 1 {
		dir := writeLog(t, all...)
		change(t, dir, func(data []byte) []byte { return data[:cut] })
		whole := 0
		for whole < 3 && ends[whole+1] <= cut {
			whole++
		}
		expect(t, "records after a cut", readLog(t, dir), all[:whole], same)
		expect(t, "records when read again", readLog(t, dir), all[:whole], same)
	}
}

func TestLogDamage(t *testing.T) {
	cases := []struct {
		name    string
		records []string
		change  func(data []byte) []byte
		kept    []string
		refused string
	}{
		{"a bit in the last payload", []string{"one", "two"},
			func(d []byte) []byte { d[len(d)-1] ^= 1; return d }, []string{"one"}, ""},
		{"a bit in the last checksum", []string{"one", "two"},
			func(d []byte) []byte { d[11+4] ^= 1; return d }, []string{"one"}, ""},
		{"the last length", []string{"one", "two"},
			func(d []byte) []byte { d[11+3] = 0xff; return d }, []string{"one"}, ""},
		{"zeros at the end", []string{"one"},
			func(d []byte) []byte { return append(d, make([]byte, 4096)...) }, []string{"one"}, ""},
		{"a bit in a payload before others", []string{"one", "two", "three"},
			func(d []byte) []byte { d[11+8] ^= 1; return d }, nil, "damaged at offset 11 with a sound record behind it at offset 22"},
		{"a length before others", []string{"one", "two", "three"},
			func(d []byte) []byte { d[0] ^= 1; return d }, nil, "damaged at offset 0 with a sound record behind it at offset 11"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := writeLog(t, c.records...)
			change(t, dir, c.change)
			var lines bytes.Buffer
			w, records, err := openLog(dir, log.New(&lines, "", 0))
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("got error %v, want one with %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			expect(t, "records", texts(records), c.kept, same)
			if !strings.Contains(lines.String(), "cut off") {
				t.Errorf("the cut was not logged: %q", lines.String())
			}
		})
	}
}

func TestLogGoesOnAfterATornEnd(t *testing.T) {
	dir := writeLog(t, "one", "two")
	change(t, dir, func(d []byte) []byte { return d[:len(d)-2] })
	w, _, err := openLog(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append([]byte("three")); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, "records", readLog(t, dir), []string{"one", "three"}, same)
}

func TestLogRefusesARecordThatCouldNotBeReadAgain(t *testing.T) {
	w, _, err := openLog(t.TempDir(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Append(make([]byte, maxPayload+1)); err == nil {
		t.Error("a record that is too long was taken")
	}
}

func TestForgetfulWritesAtACleanStop(t *testing.T) {
	dir := writeLog(t)
	w, _, err := openLog(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	f := newForgetful(w)
	if err := f.Append([]byte("kept")); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, "records", readLog(t, dir), []string{"kept"}, same)
}
