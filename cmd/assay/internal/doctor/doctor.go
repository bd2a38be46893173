// Package doctor tells what a machine can do for Assay and what is missing, as
// a table for people. It is told what was found out; it finds out only what
// concerns the machine itself: toolchain and disk.
package doctor

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/assaykit/assay/harness/cluster"
)

// ErrNoRuntime means that no cluster can run on this machine.
var ErrNoRuntime = errors.New("no runtime works on this machine; see the table above for what is missing")

// Runtime is a place where clusters may run.
type Runtime struct {
	Name, About string
	// Err says why it cannot be used at all.
	Err error
	// Capabilities were probed; those that are absent were not asked about.
	Capabilities cluster.Capabilities
	// Mechanisms are how it does what it can do.
	Mechanisms map[cluster.Capability]cluster.Mechanism
}

// faults are the names of what was probed, sorted.
func (r Runtime) faults() []cluster.Capability { return slices.Sorted(maps.Keys(r.Capabilities)) }

// Aid is something that is good to have but that no run depends on alone.
type Aid struct {
	Name, About string
	// Err says what is missing, and what for.
	Err error
}

// Findings are what was found out about a machine.
type Findings struct {
	Runtimes []Runtime
	Aids     []Aid
}

// Err is nil if at least one runtime works.
func (f Findings) Err() error {
	for _, r := range f.Runtimes {
		if r.Err == nil {
			return nil
		}
	}
	return ErrNoRuntime
}

// Print writes the table.
func (f Findings) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range f.Runtimes {
		row(w, "runtime "+r.Name, r.About, r.Err)
		if r.Err == nil {
			r.printFaults(w)
		}
	}
	for _, a := range f.Aids {
		row(w, a.Name, a.About, a.Err)
	}
	return w.Flush()
}

// printFaults says of each fault whether it works here, by which mechanism, and what
// that needs.
func (r Runtime) printFaults(w io.Writer) {
	for _, what := range r.faults() {
		how, why := describe(r.Mechanisms[what]), r.Capabilities[what]
		if why != nil && how != "" {
			why = fmt.Errorf("%s: %w", how, why)
		}
		row(w, "  fault "+string(what), how, why)
	}
}

func describe(m cluster.Mechanism) string {
	if len(m.Needs) == 0 {
		return m.About
	}
	return m.About + "; needs " + strings.Join(m.Needs, ", ")
}

func row(w io.Writer, name, about string, err error) {
	switch {
	case err != nil:
		fmt.Fprintf(w, "%s\tno\t%v\n", name, err)
	case about == "":
		fmt.Fprintf(w, "%s\tyes\n", name)
	default:
		fmt.Fprintf(w, "%s\tyes\t%s\n", name, about)
	}
}
