// Package certificate is the document that an adopter of a system reads: which of its
// vendor's claims held, under which faults, for how many operations and seeds; which
// broke, with the witness; which stayed unknown, and why. Beside them it says what was
// measured of consistency against availability, of latency against consistency, of
// delivery, and of distance. It is written as JSON, Markdown and one HTML page, and it
// judges nothing: whoever fills it in does.
package certificate

import (
	"time"

	"github.com/assaykit/assay/checkers"
)

// Format is that of the JSON; it changes when a reader of an older one would misread it.
const Format = 1

// Certificate is what was found out about a system.
type Certificate struct {
	Format int `json:"format"`
	// Assay is the version of this program.
	Assay  string `json:"assay"`
	Target string `json:"target"`
	About  string `json:"about"`
	// Settings are those of the target that its user chose.
	Settings map[string]string `json:"settings,omitempty"`
	Nodes    int               `json:"nodes"`
	Runtime  string            `json:"runtime"`
	Image    string            `json:"image,omitempty"`
	ImageID  string            `json:"image_id,omitempty"`
	Engine   string            `json:"engine,omitempty"`
	Machine  string            `json:"machine"`
	Seed     int64             `json:"seed"`
	// CommandLine makes the certificate again.
	CommandLine []string `json:"command_line"`

	Started time.Time     `json:"started"`
	Took    time.Duration `json:"took_ns"`
	Budget  time.Duration `json:"budget_ns"`
	// Interrupted is set if it was stopped before its time.
	Interrupted bool `json:"interrupted,omitempty"`

	Claims     []Claim     `json:"claims"`
	Partitions []Partition `json:"partitions,omitempty"`
	Trades     []Trade     `json:"trades,omitempty"`
	Deliveries []Delivery  `json:"deliveries,omitempty"`
	Distances  []Cost      `json:"distances,omitempty"`
	// Runs are all that were made; the other parts refer to them by their places.
	Runs []Run `json:"runs"`
	// Left is what was not tried, and why.
	Left []Omission `json:"left_out,omitempty"`
}

// Status says what became of a claim.
type Status string

const (
	Held    Status = "held"
	Broken  Status = "broken"
	Unknown Status = "unknown"
)

// Claim is a promise and what became of it.
type Claim struct {
	Workload string            `json:"workload"`
	Promise  string            `json:"promise"`
	Page     string            `json:"page,omitempty"`
	Settings map[string]string `json:"settings,omitempty"`
	Status   Status            `json:"status"`
	// Why is one sentence.
	Why string `json:"why"`
	// Trials are the claim under one kind of fault each.
	Trials []Trial `json:"trials,omitempty"`
	// Operations are those that were answered, in all its runs together; Seeds are theirs.
	Operations int      `json:"operations"`
	Seeds      int      `json:"seeds"`
	Witness    *Witness `json:"witness,omitempty"`
}

// Trial is a claim under one kind of fault.
type Trial struct {
	Faults     string `json:"faults"`
	Status     Status `json:"status"`
	Why        string `json:"why,omitempty"`
	Runs       []int  `json:"runs"`
	Operations int    `json:"operations"`
	Seeds      int    `json:"seeds"`
	// Injected is how many faults were seen in effect.
	Injected int `json:"injected"`
}

// Witness is what shows that a claim is broken.
type Witness struct {
	Anomaly string `json:"anomaly"`
	Key     string `json:"key,omitempty"`
	Text    string `json:"text"`
	Run     int    `json:"run"`
}

// Partition is what the system was under one kind of partition (CAP).
type Partition struct {
	Kind  string `json:"kind"`
	About string `json:"about"`
	// Sides are what clients of each side saw.
	Sides []Side `json:"sides"`
	// Consistent says whether all answers, on both sides and after the heal, agree.
	Consistent Status `json:"consistent"`
	// Lost counts acknowledged writes that were gone after the heal; -1 is not known.
	Lost int `json:"lost"`
	// Recovery is the longest time that a node took to answer again; 0 is not known.
	Recovery time.Duration `json:"recovery_ns,omitempty"`
	// Verdict is one sentence.
	Verdict string `json:"verdict"`
	Runs    []int  `json:"runs"`
}

// Side is what clients of one side of a partition saw.
type Side struct {
	Name    string `json:"name"`
	Reads   Share  `json:"reads"`
	Updates Share  `json:"updates"`
	// P50 and P99 are latencies of answered operations.
	P50 time.Duration `json:"p50_ns,omitempty"`
	P99 time.Duration `json:"p99_ns,omitempty"`
}

// Share is how many of some operations were answered.
type Share struct {
	Calls    int `json:"calls"`
	Answered int `json:"answered"`
}

// Plus is both together.
func (s Share) Plus(o Share) Share { return Share{s.Calls + o.Calls, s.Answered + o.Answered} }

// Of is the share from 0 to 1; that of nothing is 0.
func (s Share) Of() float64 {
	if s.Calls == 0 {
		return 0
	}
	return float64(s.Answered) / float64(s.Calls)
}

// Trade is what a setting costs and brings while nothing is broken (PACELC).
type Trade struct {
	Setting string `json:"setting"`
	For     string `json:"for"`
	// Points are the setting's values over distances.
	Points []Point `json:"points"`
}

// Point is one value of a setting at one distance.
type Point struct {
	Value string `json:"value"`
	// Distance is a network by name, and RoundTrip its time there and back.
	Distance  string        `json:"distance"`
	RoundTrip time.Duration `json:"round_trip_ns"`
	Latencies []Latency     `json:"latencies"`
	// Seen is the strongest consistency that the history does not refute, Stale by how
	// much reads were out of date, as text.
	Seen  string `json:"seen"`
	Stale string `json:"stale,omitempty"`
	Run   int    `json:"run"`
	// Failure says why there are no figures.
	Failure string `json:"failure,omitempty"`
}

// Latency is how fast one kind of operation was answered.
type Latency struct {
	Kind  string        `json:"kind"`
	Share Share         `json:"share"`
	P50   time.Duration `json:"p50_ns"`
	P99   time.Duration `json:"p99_ns"`
}

// Delivery is how often messages arrived.
type Delivery struct {
	Workload string `json:"workload"`
	// Client says what it does when an answer is missing.
	Client string `json:"client"`
	Faults string `json:"faults"`
	// Observed is "exactly once", "at least once", "at most once", "neither" or "unknown".
	Observed string `json:"observed"`
	Why      string `json:"why"`
	Runs     []int  `json:"runs"`
}

// Cost is what one kind of operation costs beyond the same on a single node.
type Cost struct {
	// Setting is "reads=linearizable", or empty for the system as it is.
	Setting   string        `json:"setting,omitempty"`
	Kind      string        `json:"kind"`
	Alone     time.Duration `json:"alone_ns"`
	Distance  string        `json:"distance"`
	RoundTrip time.Duration `json:"round_trip_ns"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
}

// RoundTrips is how many of the distance's round trips the operation took beyond what it
// takes on a single node; 0 if there is no distance.
func (c Cost) RoundTrips() float64 {
	if c.RoundTrip == 0 {
		return 0
	}
	return float64(c.P50-c.Alone) / float64(c.RoundTrip)
}

// Run is one execution.
type Run struct {
	// Dir is its directory, as seen from that of the certificate.
	Dir        string            `json:"dir"`
	Part       string            `json:"part"`
	Workload   string            `json:"workload"`
	Settings   map[string]string `json:"settings,omitempty"`
	Faults     string            `json:"faults"`
	Seed       int64             `json:"seed"`
	Validity   checkers.Validity `json:"validity"`
	Reason     string            `json:"reason"`
	Error      string            `json:"error,omitempty"`
	Operations int               `json:"operations"`
	Took       time.Duration     `json:"took_ns"`
	// Repeat is the command that repeats it.
	Repeat string `json:"repeat,omitempty"`
}

// Omission is something that was not tried.
type Omission struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Status is that of all claims together: one broken breaks it, and one unknown leaves it
// open.
func (c *Certificate) Status() Status {
	status := Held
	for _, claim := range c.Claims {
		switch {
		case claim.Status == Broken:
			return Broken
		case claim.Status != Held:
			status = Unknown
		}
	}
	if len(c.Claims) == 0 {
		return Unknown
	}
	return status
}

// Count says how many claims have the status.
func (c *Certificate) Count(s Status) int {
	n := 0
	for _, claim := range c.Claims {
		if claim.Status == s {
			n++
		}
	}
	return n
}

// Failed counts the runs that could not take place, which prove nothing either way.
func (c *Certificate) Failed() int {
	n := 0
	for _, r := range c.Runs {
		if r.Error != "" && r.Validity != checkers.Invalid {
			n++
		}
	}
	return n
}
