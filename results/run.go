// Package results keeps what a run leaves behind: its directory, its verdict,
// its report. It reads and writes; it decides nothing.
package results

import (
	"maps"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers/availability"
)

// Run is run.json: everything needed to understand a run and to repeat it.
type Run struct {
	// Assay is the version of this program, Go the toolchain's that built it.
	Assay string `json:"assay"`
	Go    string `json:"go"`
	// CommandLine repeats the run: program and arguments, seed included.
	CommandLine []string `json:"command_line"`

	Target   string `json:"target"`
	Workload string `json:"workload"`
	// Nemesis is the specification as given, such as "partition,kill".
	Nemesis string `json:"nemesis"`
	// Script is what took the place of chance, if it did.
	Script string `json:"nemesis_script,omitempty"`
	Seed   int64  `json:"seed"`

	Runtime     string            `json:"runtime"`
	Nodes       []string          `json:"nodes"`
	Concurrency int               `json:"concurrency"`
	Rate        float64           `json:"rate"`
	Duration    time.Duration     `json:"duration_ns"`
	OpTimeout   time.Duration     `json:"op_timeout_ns"`
	Hold        time.Duration     `json:"hold_ns"`
	Quiet       time.Duration     `json:"quiet_ns"`
	Settings    map[string]string `json:"settings,omitempty"`
	// Promise is what the workload puts to the test, in words.
	Promise string `json:"promise,omitempty"`
	// Claims are what the system's vendor says of that.
	Claims []Claim `json:"claims,omitempty"`
	// Demands are what the system had to achieve beyond being right.
	Demands availability.Demands `json:"demands,omitzero"`

	// Image is the reference that ran, ImageID its digest; empty if local.
	Image   string `json:"image,omitempty"`
	ImageID string `json:"image_id,omitempty"`
	// Engine is the container engine's name, version and API version.
	Engine string `json:"engine,omitempty"`
	// Agent is "network-only" if the helper containers had no privilege but to make
	// rules in the networks of nodes; empty if they had what the faults need.
	Agent string `json:"agent,omitempty"`
	// Machine is operating system, architecture, kernel and cores.
	Machine string `json:"machine"`
	// Capabilities maps each capability to "" or the reason why it is missing.
	Capabilities map[string]string `json:"capabilities,omitempty"`

	// Started is the wall-clock time of the history's time zero.
	Started time.Time `json:"started"`
	// Phases are the run's phases in order, on the history's clock.
	Phases []Phase `json:"phases,omitempty"`
	// Interrupted is set if the run was stopped by the user before its time.
	Interrupted bool `json:"interrupted,omitempty"`
	// Error is the infrastructure error that ended the run, if one did.
	Error string `json:"error,omitempty"`
}

// Claim is a promise of a system's vendor that the workload puts to the test.
type Claim struct {
	// Promise is the property by its name in the field, Page the address of the
	// vendor's page that says so.
	Promise string `json:"promise"`
	Page    string `json:"page"`
	// Settings are those of the target under which it is promised, and Applies says
	// whether the run had them.
	Settings map[string]string `json:"settings,omitempty"`
	Applies  bool              `json:"applies"`
	// Check are the workload's settings that ask for this and no more.
	Check map[string]string `json:"check,omitempty"`
}

// Unasked is the first claim under the run's settings, and the settings that would have
// asked for it, if the run asked for none of the claims that there are.
func (r Run) Unasked() (first Claim, check []string) {
	for _, c := range r.Claims {
		if !c.Applies {
			continue
		}
		var missing []string
		for _, key := range slices.Sorted(maps.Keys(c.Check)) {
			if r.Settings[key] != c.Check[key] {
				missing = append(missing, key+"="+c.Check[key])
			}
		}
		if len(missing) == 0 {
			return Claim{}, nil
		}
		if check == nil {
			first, check = c, missing
		}
	}
	return first, check
}

// Phase is a part of a run: "set up", "load", "heal", "final reads", ...
type Phase struct {
	Name  string        `json:"name"`
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
}
