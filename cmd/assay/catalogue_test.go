package main

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/cmd/assay/internal/catalogue"
)

func TestEveryExperimentIsACommandThatIsUnderstood(t *testing.T) {
	for _, row := range catalogue.Rows() {
		var f testFlags
		flags := pflag.NewFlagSet(row.ID, pflag.ContinueOnError)
		f.declare(flags)
		if err := flags.Parse(row.Args); err != nil {
			t.Errorf("%s: %v", row.ID, err)
			continue
		}
		if _, err := f.test(flags.Args()); err != nil {
			t.Errorf("%s: %v", row.ID, err)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	for text, want := range map[string][]int64{"1..3": {1, 2, 3}, "7": {7}, "3,5": {3, 5}, "4..4": {4}} {
		got, err := parseSeeds(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", "3..1", "1..x", "1..100000", "1,,2"} {
		if got, err := parseSeeds(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}
