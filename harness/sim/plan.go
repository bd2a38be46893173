// Package sim runs whole tests in virtual time: the same workloads, nemesis,
// checkers and life cycle as those of real clusters, on nodes that are actors. A
// Plan is such a run before it happens, as a value; the same plan always leads
// to the same history, byte for byte, and everything that was decided by chance
// can be written down in it and changed.
package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/nemesis"
)

// Plan is a run before it happens. Zero numbers and times mean their default.
// The lists at the end say what is otherwise left to the seed; nil leaves it
// there, an empty list means that there is none.
type Plan struct {
	Target   string            `json:"target"`
	Workload string            `json:"workload"`
	Settings map[string]string `json:"settings,omitempty"`
	// WorkloadSettings are those of the workload.
	WorkloadSettings map[string]string `json:"workload_settings,omitempty"`
	Seed             int64             `json:"seed"`
	Nodes            int               `json:"nodes"`
	// Clients work at a time, at so many operations a second in all.
	Clients int     `json:"clients"`
	Rate    float64 `json:"rate"`
	// Time is how long clients work under faults, in virtual time as all others.
	Time      time.Duration `json:"time_ns"`
	OpTimeout time.Duration `json:"op_timeout_ns"`
	Settle    time.Duration `json:"settle_ns"`
	// Nemesis is what breaks, in the words of --nemesis, and Hold and Quiet how long
	// it does, and does not.
	Nemesis string          `json:"nemesis"`
	Hold    time.Duration   `json:"hold_ns"`
	Quiet   time.Duration   `json:"quiet_ns"`
	Fixed   bool            `json:"fixed,omitempty"`
	Overlap nemesis.Overlap `json:"overlap,omitempty"`
	Weather world.Weather   `json:"weather"`

	Demands availability.Demands `json:"demands,omitzero"`

	// Faults are the steps of the nemesis.
	Faults []nemesis.Step `json:"faults"`
	// Operations are what clients do, by the times at which they begin.
	Operations []Operation `json:"operations"`
	// Final is what they do at the end, when everything is healed; times do not
	// count there.
	Final []Operation `json:"final"`
	// Messages are those between nodes that do not arrive once in their usual time.
	Messages []world.Strange `json:"messages"`
}

// Operation is what the generator of a workload asks of a client.
type Operation struct {
	// At is when, from the beginning of the load; a client that is busy begins
	// later.
	At     time.Duration `json:"at_ns"`
	Client int           `json:"client"`
	F      string        `json:"f"`
	Key    string        `json:"key,omitempty"`
	Value  history.Value `json:"value"`
}

func (o Operation) op() history.Op { return history.Op{F: o.F, Key: o.Key, Value: o.Value} }

// WithDefaults fills in what was left at zero.
func (p Plan) WithDefaults() Plan {
	p.Nodes = cmp.Or(p.Nodes, 5)
	p.Clients = cmp.Or(p.Clients, max(2*p.Nodes, 6))
	p.Rate = cmp.Or(p.Rate, 200)
	p.Time = cmp.Or(p.Time, 10*time.Second)
	p.OpTimeout = cmp.Or(p.OpTimeout, time.Second)
	p.Settle = cmp.Or(p.Settle, 500*time.Millisecond)
	p.Hold = cmp.Or(p.Hold, time.Second)
	p.Nemesis = cmp.Or(p.Nemesis, nemesis.None)
	return p
}

// Write writes a plan as JSON, for people to edit.
func (p Plan) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(p)
}

// Read reads what Write wrote. A word that it does not know is an error.
func Read(r io.Reader) (Plan, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var p Plan
	if err := d.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("read a plan: %w", err)
	}
	return p, nil
}

// WithoutStep is the plan without a step of its faults. What follows keeps its
// time.
func (p Plan) WithoutStep(i int) Plan {
	gone := p.Faults[i]
	p.Faults = slices.Delete(slices.Clone(p.Faults), i, i+1)
	if i < len(p.Faults) {
		p.Faults[i].Quiet += gone.Quiet + gone.Hold
	}
	return p
}
