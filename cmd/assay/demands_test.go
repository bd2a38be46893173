package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers/availability"
)

func TestDemandsAreTypedAsPeopleSayThem(t *testing.T) {
	var d availability.Demands
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	declareDemands(flags, &d)
	if err := flags.Parse([]string{"--min-availability", "99.9%", "--max-recovery", "5s", "--max-latency=1s"}); err != nil {
		t.Fatal(err)
	}
	if want := (availability.Demands{MinSuccess: 0.999, MaxRecovery: 5 * time.Second, MaxLatency: time.Second}); d != want {
		t.Errorf("%+v, want %+v", d, want)
	}
}

func TestAPercentageComesBackAsItWasTyped(t *testing.T) {
	for _, text := range []string{"99.9%", "100%", "0.01%", "99.999%", "33.3333%", "7%", "55.1%"} {
		var p percentage
		if err := p.Set(text); err != nil || p.String() != text {
			t.Errorf("%s came back as %s (%v)", text, p.String(), err)
		}
	}
	for _, text := range []string{"", "%", "0%", "101%", "-1%", "NaN%", "0.5", "99.9", "9 9%", "inf%"} {
		if err := new(percentage).Set(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
