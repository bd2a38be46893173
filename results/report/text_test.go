package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func TestTextTellsTheVerdict(t *testing.T) {
	for name, in := range examples() {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := Text(&got, in); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", got.String())
			for line := range strings.SplitSeq(got.String(), "\n") {
				if utf8.RuneCountInString(line) > 100 && !strings.HasPrefix(line, "repeat ") {
					t.Errorf("a line of %d columns: %s", utf8.RuneCountInString(line), line)
				}
			}
		})
	}
}
