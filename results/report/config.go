package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/results"
)

// mostSettings bounds the settings and capabilities shown.
const mostSettings = 60

// configuration is run.json for people.
func configuration(run results.Run) []fact {
	all := []fact{
		{"Runtime", run.Runtime},
		{"Nodes", strings.Join(run.Nodes, " ")},
		{"Concurrency", positive(float64(run.Concurrency), "clients")},
		{"Rate", positive(run.Rate, "operations a second")},
		{"Duration of the load", length(run.Duration)},
		{"Deadline of an operation", length(run.OpTimeout)},
		{"A fault lasts", around(run.Hold)},
		{"Quiet between faults", around(run.Quiet)},
	}
	for _, key := range first(slices.Sorted(maps.Keys(run.Settings)), mostSettings) {
		all = append(all, fact{"--set " + key, run.Settings[key]})
	}
	return known(append(all,
		fact{"Image", run.Image},
		fact{"Image ID", run.ImageID},
		fact{"Container engine", run.Engine},
		fact{"Machine", run.Machine},
		fact{"Assay", run.Assay},
		fact{"Go", run.Go},
	))
}

// missing are the faults that could not have been injected here, and why.
func missing(run results.Run) []fact {
	var all []fact
	for _, name := range first(slices.Sorted(maps.Keys(run.Capabilities)), mostSettings) {
		all = append(all, fact{name, run.Capabilities[name]})
	}
	return known(all)
}

func first(keys []string, most int) []string { return keys[:min(len(keys), most)] }

func positive(x float64, unit string) string {
	if x <= 0 {
		return ""
	}
	return fmt.Sprintf("%g %s", x, unit)
}

func length(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return lasted(d)
}

// around is a time that the schedule varies by half.
func around(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "about " + lasted(d)
}
