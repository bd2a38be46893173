package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/checkers/availability"
)

// declareDemands makes the flags of what is demanded of a system beyond being
// right.
func declareDemands(flags *pflag.FlagSet, d *availability.Demands) {
	flags.Var((*percentage)(&d.MinSuccess), "min-availability", "least `share` of operations to be answered while nothing is broken, as in 99.9% (default any)")
	flags.Var((*percentage)(&d.MinSuccessUnderFaults), "min-availability-under-faults", "least `share` of operations to be answered during each fault (default any)")
	flags.DurationVar(&d.MaxRecovery, "max-recovery", 0, "how long a node may take to answer again after a fault (default any)")
	flags.DurationVar(&d.MaxLatency, "max-latency", 0, "99th percentile of latencies while nothing is broken (default any)")
}

// percentage is a share from 0 to 1, written in percent.
type percentage float64

func (p *percentage) Set(text string) error {
	number, found := strings.CutSuffix(text, "%")
	// The nearest share, which dividing by 100 would not give.
	share, err := strconv.ParseFloat(number+"e-2", 64)
	if err != nil || !found || share <= 0 || share > 1 {
		return fmt.Errorf("%q is no percentage above 0%%", text)
	}
	*p = percentage(share)
	return nil
}

// String has no more digits than were typed: a share has no exact binary form.
func (p *percentage) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*p)*100, 'g', 12, 64) + "%"
}

func (p *percentage) Type() string { return "percentage" }
