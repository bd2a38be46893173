package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/junit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func run() results.Run {
	return results.Run{
		Assay: "v0.1.0", Go: "go1.26.0", Target: "etcd", Workload: "register", Nemesis: "partition", Seed: 42,
		CommandLine: []string{"assay", "test", "etcd", "--seed", "42"}, Nodes: []string{"n1", "n2", "n3"},
		Settings: map[string]string{"values": "5", "reads": "serializable"},
		Duration: time.Minute, Started: time.Date(2026, 11, 23, 4, 15, 0, 0, time.UTC),
		Phases: []results.Phase{{Name: "load", Start: 0, End: time.Minute}, {Name: "final reads", Start: time.Minute, End: 61 * time.Second}},
	}
}

func TestDocuments(t *testing.T) {
	stale := checkers.Finding{Anomaly: "stale-read", Key: "k7", Text: "Process 4 read 3 although 4 was written before."}
	lost := run()
	lost.Error = "n2 does not answer"
	for name, c := range map[string]struct {
		run     results.Run
		verdict checkers.Verdict
	}{
		"parts": {run(), checkers.Verdict{Checker: "all", Validity: checkers.Invalid, Parts: []checkers.Verdict{
			{Checker: "linearizable", Validity: checkers.Invalid, Reason: "k7 is not linearizable", Findings: []checkers.Finding{stale}},
			{Checker: "sanity", Validity: checkers.Valid, Reason: "every operation succeeded at least once"},
			{Checker: "delivery", Reason: "ran out of its budget of 30s"},
		}}},
		"alone":                  {run(), checkers.Verdict{Checker: "set", Validity: checkers.Valid, Reason: "100 elements are there"}},
		"infrastructure":         {lost, checkers.Verdict{}},
		"infrastructure-invalid": {lost, checkers.Verdict{Checker: "set", Validity: checkers.Invalid, Reason: "5 is lost", Findings: []checkers.Finding{{Anomaly: "lost", Text: "5"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := junit.Write(&got, c.run, c.verdict, nil); err != nil {
				t.Fatal(err)
			}
			wellFormed(t, got.Bytes())
			golden(t, name+".xml", got.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func wellFormed(t *testing.T, document []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	for name, hostile := range map[string]string{
		"markup":       `</failure><script>alert("1")</script>]]>&amp;<!--`,
		"control":      "\x00\x01\x1b[31m\x08\x7f\ufffe\uffff",
		"broken utf-8": "a\xff\xfe\xc3(",
		"surrogates":   "\xed\xa0\x80",
		"long":         strings.Repeat("é", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			r := run()
			r.Error, r.Target, r.CommandLine = hostile, hostile, []string{hostile}
			finding := checkers.Finding{Anomaly: hostile, Key: hostile, Text: hostile}
			verdict := checkers.Verdict{Checker: hostile, Validity: checkers.Invalid, Reason: hostile, Findings: []checkers.Finding{finding}}
			var got bytes.Buffer
			if err := junit.Write(&got, r, verdict, nil); err != nil {
				t.Fatal(err)
			}
			wellFormed(t, got.Bytes())
			if bytes.Contains(got.Bytes(), []byte("<script")) {
				t.Error("a value became an element")
			}
			if got.Len() > 1<<20 {
				t.Errorf("%d bytes", got.Len())
			}
		})
	}
}

func TestManyFindingsAreBounded(t *testing.T) {
	verdict := checkers.Verdict{Checker: "set", Validity: checkers.Invalid, Reason: "lost", Findings: make([]checkers.Finding, 100_000)}
	var got bytes.Buffer
	if err := junit.Write(&got, run(), verdict, nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.String(), "and 99980 more") {
		t.Error("the rest was not counted")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReported(t *testing.T) {
	if err := junit.Write(broken{}, run(), checkers.Verdict{}, nil); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
}
