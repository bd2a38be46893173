// Package certify puts everything that is claimed of a system to the proof within a
// budget of time: a matrix of claims, families of faults and seeds, and beside it what
// was measured of partitions, distances, delivery. The plan comes first and says how long
// it takes; what does not fit is named. Every run is one of package harness, and can be
// repeated and checked again by itself.
package certify

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/workloads"
)

// Config says what is certified, and how long that may take.
type Config struct {
	// Test has the target, how its cluster is started, how many nodes it has, the settings
	// that its user chose, and where results go. Workload and faults are left open.
	Test harness.Test
	// Claims are put to the test; Trades are measured.
	Claims []cluster.Claim
	Trades []cluster.Trade
	// Capabilities are what can be done to clusters where they run.
	Capabilities cluster.Capabilities
	// Budget is for all of it. AtOnce is how many runs there are at a time where no
	// latency is measured.
	Budget time.Duration
	AtOnce int
	Seed   int64
	// Around is what a run takes beside its load, as far as that is known beforehand.
	Around time.Duration
	// Fits says what is wrong with a test before it begins; nil is nothing.
	Fits func(harness.Test) error
	// CommandLine are the words that repeat a test.
	CommandLine func(harness.Test) []string
}

// The parts of a certificate, as runs name them.
const (
	claimsPart     = "claims"
	partitionsPart = "partitions"
	tradesPart     = "distances"
	deliveryPart   = "delivery"
)

// cell is one run that is to be, and what it is for.
type cell struct {
	part string
	// claim is the place of the claim, in the part of claims.
	claim int
	// faults are for people: "partition", "partition:leader", "none".
	faults string
	// trade, value and distance are those of a measured setting. Single says that the
	// cluster has one node only.
	trade    int
	value    string
	distance distance
	single   bool
	// client is how a client sends.
	client string
	test   harness.Test
}

// alone says that nothing else may run meanwhile, because latencies count.
func (c cell) alone() bool { return c.part == tradesPart }

// String names the cell for people.
func (c cell) String() string {
	text := fmt.Sprintf("%s: %s", c.part, c.test.Workload.Name())
	if len(c.test.TargetSettings) > 0 {
		text += " " + pairs(c.test.TargetSettings)
	}
	if c.single {
		text += ", a single node"
	}
	if c.client != "" {
		text += ", " + c.client
	}
	return text + ", faults " + c.faults
}

// test is a run of the workload with these settings on top of the user's.
func (c Config) test(workload string, target, check map[string]string) (harness.Test, error) {
	t := c.Test
	var err error
	if t.Workload, err = workloads.Find(workload); err != nil {
		return t, err
	}
	if err := t.Workload.Supports(t.Target.Prototype()); err != nil {
		return t, err
	}
	t.TargetSettings = merged(c.Test.TargetSettings, target)
	t.WorkloadSettings = merged(c.Test.WorkloadSettings, check)
	t.Seed = c.Seed
	return t, nil
}

// merged are both, where those of the second count.
func merged(one, two map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, one)
	maps.Copy(all, two)
	return all
}

// fits asks the caller whether the test makes sense.
func (c Config) fits(t harness.Test) error {
	if c.Fits == nil {
		return nil
	}
	return c.Fits(t)
}

// pinned says why a claim is not made of the system as its user has set it: it is made
// of a single node, or under another value of a setting that the user chose.
func (c Config) pinned(claim cluster.Claim) string {
	if claim.Alone && c.nodes() > 1 {
		return fmt.Sprintf("it is claimed of one node, not of %d: --nodes 1", c.nodes())
	}
	for key, value := range claim.Settings {
		if chosen, is := c.Test.TargetSettings[key]; is && chosen != value {
			return fmt.Sprintf("it is claimed for %s=%s, not for %s", key, value, chosen)
		}
	}
	if key := claim.WeakenedBy(c.Test.Target.Settings(), c.Test.TargetSettings); key != "" {
		return fmt.Sprintf("it is not claimed for %s=%s", key, c.Test.TargetSettings[key])
	}
	return ""
}

// nodes is how many nodes each run has.
func (c Config) nodes() int { return cmp.Or(c.Test.Nodes, 3) }

// families are the faults that every system has to bear, as far as there are means to
// inject them: each with all its usual shapes.
func (c Config) families() []nemesis.Spec {
	var all []nemesis.Spec
	for _, f := range (nemesis.Spec{Everything: true}).Fit(c.capabilities()).Families {
		all = append(all, nemesis.Spec{Families: []nemesis.Family{f}})
	}
	return all
}

// capabilities are those of the place, together with the target's.
func (c Config) capabilities() cluster.Capabilities {
	all := maps.Clone(c.Capabilities)
	_, leave := c.Test.Target.(cluster.Members)
	switch {
	case !leave:
		all[cluster.CanChangeMembers] = fmt.Errorf("the nodes of %s cannot leave it", c.Test.Target.Name())
	default:
		all[cluster.CanChangeMembers] = all.Supports(cluster.CanReplace)
	}
	return all
}

// header is what the certificate says of its making.
func (c Config) header(began time.Time) *certificate.Certificate {
	p := c.Test.Provenance
	return &certificate.Certificate{
		Format: certificate.Format, Assay: harness.Version(), Target: c.Test.Target.Name(), About: c.Test.Target.About(),
		Settings: c.Test.TargetSettings, Nodes: c.nodes(), Runtime: p.Runtime, Engine: p.Engine,
		Machine: p.Machine, Seed: c.Seed, CommandLine: p.CommandLine, Started: began.UTC(), Budget: c.Budget,
	}
}
