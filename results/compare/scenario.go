package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/results"
)

// scenario is what has to be the same for runs to be runs of the same thing. The
// version is not part of it: it is what one compares.
func scenario(r results.Run) string {
	text := r.Target + " " + r.Workload
	if r.Script != "" {
		text += ", nemesis script " + r.Script
	} else if r.Nemesis != "" {
		text += ", nemesis " + r.Nemesis
	}
	if s := settings(r); s != "" {
		text += ", " + s
	}
	return text
}

// settings are those of a run without the version: "bug=stale-reads reads=any".
func settings(r results.Run) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		if key != "version" {
			all = append(all, key+"="+r.Settings[key])
		}
	}
	return strings.Join(all, " ")
}

// group is the runs of one scenario.
type group struct {
	name string
	runs []Run
}

// groups are the scenarios of a side in the order of their names.
func groups(s Side) []group {
	byName := map[string][]Run{}
	for _, r := range s.Runs {
		name := scenario(r.Run.Run)
		byName[name] = append(byName[name], r)
	}
	var all []group
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, group{name, byName[name]})
	}
	return all
}

// pair is a scenario on both sides.
type pair struct {
	name     string
	old, new []Run
}

// match finds the scenarios that both sides have. Two sides of one scenario each are
// compared whatever else differs between them, for somebody has named them on purpose;
// only different workloads promise different things.
func match(old, new Side) (pairs []pair, onlyOld, onlyNew []string, err error) {
	before, after := groups(old), groups(new)
	if len(before) == 1 && len(after) == 1 {
		p, err := alone(before[0], after[0])
		return []pair{p}, nil, nil, err
	}
	for _, b := range before {
		at := slices.IndexFunc(after, func(g group) bool { return g.name == b.name })
		if at < 0 {
			onlyOld = append(onlyOld, b.name)
			continue
		}
		pairs = append(pairs, pair{b.name, b.runs, after[at].runs})
		after = slices.Delete(after, at, at+1)
	}
	for _, a := range after {
		onlyNew = append(onlyNew, a.name)
	}
	if len(pairs) == 0 {
		return nil, nil, nil, fmt.Errorf("no scenario is in both: OLD has %s; NEW has %s", some(onlyOld), some(onlyNew))
	}
	return pairs, onlyOld, onlyNew, nil
}

func alone(old, new group) (pair, error) {
	before, after := old.runs[0], new.runs[0]
	if before.Workload != after.Workload {
		return pair{}, fmt.Errorf("OLD is of workload %s, NEW of workload %s: they promise different things", before.Workload, after.Workload)
	}
	p := pair{new.name, old.runs, new.runs}
	if old.name != new.name {
		p.name = old.name + "  against  " + new.name
	}
	return p, nil
}

func some(names []string) string {
	const most = 3
	text := strings.Join(names[:min(most, len(names))], "; ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// Difference is something that was not the same for all runs of both sides.
type Difference struct {
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// differences are what differs between the two sides. Seeds and times always do.
func differences(p pair) []Difference {
	var all []Difference
	for _, property := range properties() {
		old, new := valuesOf(p.old, property.of), valuesOf(p.new, property.of)
		if old != new {
			all = append(all, Difference{property.name, old, new})
		}
	}
	return all
}

func valuesOf(runs []Run, of func(Run) string) string {
	var all []string
	for _, r := range runs {
		v := of(r)
		if v == "" {
			v = "-"
		}
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

type property struct {
	name string
	of   func(Run) string
	// load says that figures of runs that differ in it cannot be compared at all,
	// faults that those under faults cannot.
	load, faults bool
}

func properties() []property {
	return []property{
		{name: "target", of: func(r Run) string { return r.Target }, load: true},
		{name: "version", of: func(r Run) string { return r.Version }},
		{name: "image", of: func(r Run) string { return r.ImageID }},
		{name: "settings", of: func(r Run) string { return settings(r.Run.Run) }},
		{name: "nemesis", of: func(r Run) string { return r.Nemesis }, faults: true},
		{name: "nemesis script", of: func(r Run) string { return r.Script }, faults: true},
		{name: "a fault lasts", of: func(r Run) string { return r.Hold.String() }, faults: true},
		{name: "quiet between faults", of: func(r Run) string { return r.Quiet.String() }, faults: true},
		{name: "nodes", of: func(r Run) string { return fmt.Sprint(len(r.Nodes)) }, load: true},
		{name: "clients", of: func(r Run) string { return fmt.Sprint(r.Concurrency) }, load: true},
		{name: "rate", of: func(r Run) string { return fmt.Sprintf("%g/s", r.Rate) }, load: true},
		{name: "deadline of an operation", of: func(r Run) string { return r.OpTimeout.String() }, load: true},
		{name: "length of the load", of: func(r Run) string { return r.Duration.String() }},
		{name: "runtime", of: func(r Run) string { return r.Runtime }, load: true},
		{name: "machine", of: func(r Run) string { return hardware(r.Machine) }, load: true},
		{name: "kernel", of: func(r Run) string { return kernel(r.Machine) }},
		{name: "engine", of: func(r Run) string { return r.Engine }},
		{name: "Assay", of: func(r Run) string { return r.Assay }},
	}
}

// hardware is a machine without its kernel, which is updated more often than it
// matters.
func hardware(machine string) string {
	kept := slices.DeleteFunc(strings.Split(machine, ", "), isKernel)
	return strings.Join(kept, ", ")
}

func kernel(machine string) string {
	all := strings.Split(machine, ", ")
	if at := slices.IndexFunc(all, isKernel); at >= 0 {
		return all[at]
	}
	return ""
}

func isKernel(part string) bool { return strings.HasPrefix(part, "kernel ") }

// incomparable says why figures cannot be compared: those of all times, and those
// under faults.
func incomparable(differs []Difference) (all, underFaults string) {
	var load, faults []string
	for _, property := range properties() {
		if !slices.ContainsFunc(differs, func(d Difference) bool { return d.What == property.name }) {
			continue
		}
		if property.load {
			load = append(load, property.name)
		}
		if property.faults {
			faults = append(faults, property.name)
		}
	}
	return differ(load), differ(append(load, faults...))
}

func differ(what []string) string {
	if len(what) == 0 {
		return ""
	}
	return "the runs differ in: " + strings.Join(what, ", ")
}
