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
}

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
			faults(w, r.Capabilities)
		}
	}
	for _, a := range f.Aids {
		row(w, a.Name, a.About, a.Err)
	}
	return w.Flush()
}

func faults(w io.Writer, c cluster.Capabilities) {
	for _, what := range slices.Sorted(maps.Keys(c)) {
		row(w, "  fault "+string(what), "", c[what])
	}
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
