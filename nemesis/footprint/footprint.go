//go:build linux

// Package footprint takes down what a machine has that faults in containers must
// leave alone: its rules for packets, the settings of its kernel, its mounts, its
// clock, and the code through which its processes read that. It only looks; what
// a container engine does to the machine by itself, for each network and container
// that it makes, is left out.
package footprint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Footprint is how a machine was found. The zero value is that of no machine.
type Footprint struct {
	// facts have a name and what was found under it.
	facts map[string]string
	// clock is by how much the clock on the wall is ahead of the time since the
	// machine was started, which nobody can set.
	clock time.Duration
}

// slewed is by how much a clock may move that others keep right meanwhile.
const slewed = time.Second

// Take looks at the machine on which this process runs, as its superuser.
func Take(ctx context.Context) (Footprint, error) {
	f := Footprint{facts: map[string]string{}}
	var errs []error
	for what, look := range map[string]func(context.Context, Footprint) error{
		"rules for packets": packetRules, "queues of packets": queues, "interfaces": interfaces,
		"kernel settings": settings, "mounts": mounts, "code of the clock": clockCode,
	} {
		if err := look(ctx, f); err != nil {
			errs = append(errs, fmt.Errorf("look at %s: %w", what, err))
		}
	}
	var err error
	f.clock, err = wallAhead()
	return f, errors.Join(append(errs, err)...)
}

// Empty says whether no machine was looked at.
func (f Footprint) Empty() bool { return len(f.facts) == 0 }

// Differences says what is not as it was before, sorted; it is empty if nothing
// was touched.
func (f Footprint) Differences(before Footprint) []string {
	var found []string
	for name, value := range f.facts {
		was, known := before.facts[name]
		switch {
		case !known:
			found = append(found, fmt.Sprintf("new: %s %s", name, value))
		case was != value:
			found = append(found, fmt.Sprintf("changed: %s from %q to %q", name, was, value))
		}
	}
	for name := range maps.Keys(before.facts) {
		if _, still := f.facts[name]; !still {
			found = append(found, "gone: "+name)
		}
	}
	if moved := f.clock - before.clock; moved.Abs() > slewed {
		found = append(found, fmt.Sprintf("changed: the clock, by %s", moved))
	}
	slices.Sort(found)
	return found
}
