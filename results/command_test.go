package results_test

import (
	"testing"

	"github.com/assaykit/assay/results"
)

func TestRepeatIsQuotedForTheShell(t *testing.T) {
	for want, words := range map[string][]string{
		"":                               nil,
		"assay test etcd --seed 42":      {"assay", "test", "etcd", "--seed", "42"},
		"assay --set a=b,c":              {"assay", "--set", "a=b,c"},
		"assay ''":                       {"assay", ""},
		`assay 'my results' '$HOME' '*'`: {"assay", "my results", "$HOME", "*"},
		`assay 'it'\''s'`:                {"assay", "it's"},
		"assay 'a\nb'":                   {"assay", "a\nb"},
	} {
		if got := (results.Run{CommandLine: words}).Repeat(); got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
}
