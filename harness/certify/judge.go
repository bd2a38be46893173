package certify

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/certificate"
)

// addNew adds a name that is not there yet.
func addNew(names *[]string, name string) {
	if name != "" && !slices.Contains(*names, name) {
		*names = append(*names, name)
	}
}

// certificate makes the document of what was done.
func (e *execution) certificate(interrupted bool) *certificate.Certificate {
	c := e.config.header(e.began)
	c.Interrupted, c.Took, c.Left = interrupted, time.Since(e.began), e.left
	var images, ids []string // settings may need one of their own
	for _, d := range e.done {
		c.Runs = append(c.Runs, e.run(d))
		addNew(&images, d.outcome.Run.Image)
		addNew(&ids, d.outcome.Run.ImageID)
	}
	c.Image, c.ImageID = strings.Join(images, ", "), strings.Join(ids, ", ")
	for i := range e.config.Claims {
		c.Claims = append(c.Claims, e.judge(i))
	}
	c.Partitions = e.parted()
	c.Deliveries = e.delivered()
	c.Trades = e.traded()
	c.Distances = e.costs()
	return c
}

func (e *execution) run(d done) certificate.Run {
	r := certificate.Run{
		Dir: d.outcome.Dir, Part: d.part, Workload: d.test.Workload.Name(),
		Settings: merged(d.test.TargetSettings, d.test.WorkloadSettings), Faults: d.faults, Seed: d.test.Seed,
		Validity: d.outcome.Verdict.Validity, Reason: d.outcome.Verdict.Reason, Operations: d.answers(),
		Repeat: results.Command(d.test.Provenance.CommandLine...),
	}
	if phases := d.outcome.Run.Phases; len(phases) > 0 {
		r.Took = phases[len(phases)-1].End
	}
	if d.err != nil {
		r.Error = d.err.Error()
	}
	if len(d.outcome.Run.CommandLine) > 0 {
		r.Repeat = d.outcome.Run.Repeat()
	}
	return r
}

// judge says what became of a claim: broken if any run contradicts it, unknown if one of
// the kinds of faults has no run that proves anything.
func (e *execution) judge(at int) certificate.Claim {
	claim := e.config.Claims[at]
	c := certificate.Claim{Workload: claim.Workload, Promise: claim.Promise, Page: claim.Page, Settings: claim.Settings}
	runs := e.evidence(at)
	c.Operations, c.Seeds = weigh(runs)
	for _, faults := range e.planned(labels(runs)) {
		c.Trials = append(c.Trials, trial(faults, under(runs, faults)))
	}
	c.Status, c.Why = e.conclude(at, c)
	if c.Status == certificate.Broken {
		shown := witness(runs)
		c.Witness = &shown.Witness
		c.Why += ": " + shown.reason // of the same run, so that the witness bears it out
	}
	return c
}

// evidence are the runs that say something of a claim: its own, and those under single
// kinds of partitions that asked for the same.
func (e *execution) evidence(at int) []done {
	claim := e.config.Claims[at]
	var runs []done
	for _, d := range e.done {
		own := d.part == claimsPart && d.claim == at
		same := d.part == partitionsPart && d.test.Workload.Name() == claim.Workload && len(claim.Check) == 0 &&
			e.config.pinned(claim) == "" && e.promised(at, d) && !slices.Contains(claim.Except, "partition")
		if own || same {
			runs = append(runs, d)
		}
	}
	return runs
}

// promised says whether the settings of a run are those under which a claim is made.
func (e *execution) promised(at int, d done) bool {
	for key, value := range e.config.Claims[at].Settings {
		if d.test.TargetSettings[key] == value {
			continue
		}
		for _, s := range e.config.Test.Target.Settings() {
			if s.Key == key && (d.test.TargetSettings[key] != "" || s.Default != value) {
				return false
			}
		}
	}
	return true
}

func labels(runs []done) []string {
	var all []string
	for _, d := range runs {
		all = once(all, d.faults)
	}
	return all
}

// planned puts faults into the order of the plan, for runs end in any.
func (e *execution) planned(faults []string) []string {
	rank := func(name string) int {
		return slices.IndexFunc(e.first, func(c cell) bool { return c.faults == name })
	}
	slices.SortStableFunc(faults, func(a, b string) int { return rank(a) - rank(b) })
	return faults
}

func under(runs []done, faults string) []done {
	return slices.DeleteFunc(slices.Clone(runs), func(d done) bool { return d.faults != faults })
}

// weigh counts the operations that were answered, for the others prove little, and the
// seeds.
func weigh(runs []done) (operations, seeds int) {
	seen := map[int64]bool{}
	for _, d := range runs {
		operations += d.answers()
		seen[d.test.Seed] = true
	}
	return operations, len(seen)
}

func (d done) answers() int {
	n := 0
	for _, c := range d.calls {
		if answered(c) {
			n++
		}
	}
	return n
}

// trial merges the runs under one kind of faults.
func trial(faults string, runs []done) certificate.Trial {
	t := certificate.Trial{Faults: faults, Status: certificate.Unknown}
	t.Operations, t.Seeds = weigh(runs)
	var open []string
	for _, d := range runs {
		t.Runs = append(t.Runs, d.run)
		t.Injected += injected(d)
		switch {
		case d.invalid():
			t.Status, t.Why = certificate.Broken, cmp.Or(t.Why, d.reason())
		case d.valid() && t.Status == certificate.Unknown:
			t.Status = certificate.Held
		case !d.valid():
			open = append(open, d.reason())
		}
	}
	if t.Status != certificate.Broken && len(open) > 0 {
		t.Why = fmt.Sprintf("%d of %s proved nothing: %s", len(open), checkers.Count(len(runs), "run"), open[0])
	}
	return t
}

func injected(d done) int {
	n := 0
	for _, c := range d.outcome.Verdict.Faults {
		n += c.Verified
	}
	return n
}

func (e *execution) conclude(at int, c certificate.Claim) (certificate.Status, string) {
	broken, held, open := byStatus(c.Trials, certificate.Broken), byStatus(c.Trials, certificate.Held), byStatus(c.Trials, certificate.Unknown)
	switch {
	case len(broken) > 0:
		return certificate.Broken, "broken " + circumstances(broken)
	case len(c.Trials) == 0:
		return certificate.Unknown, e.untried(at)
	case len(open) > 0:
		return certificate.Unknown, "nothing was proved " + circumstances(open) + ": " + firstWhy(c.Trials, certificate.Unknown)
	}
	return certificate.Held, "held " + circumstances(held) + thin(c.Trials)
}

// few is how many answers are so few that the reader should know.
const few = 50

// thin warns of trials in which little was answered, so that little can have been refuted.
func thin(trials []certificate.Trial) string {
	var all []string
	for _, t := range trials {
		if t.Operations < few {
			all = append(all, fmt.Sprintf("%s (%s)", t.Faults, checkers.Count(t.Operations, "answer")))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "; little was answered under " + strings.Join(all, ", ")
}

func byStatus(trials []certificate.Trial, s certificate.Status) []string {
	var all []string
	for _, t := range trials {
		if t.Status == s {
			all = append(all, t.Faults)
		}
	}
	return all
}

// circumstances is "without faults and under partition, kill".
func circumstances(faults []string) string {
	calm := slices.Contains(faults, nemesis.None)
	rest := slices.DeleteFunc(slices.Clone(faults), func(f string) bool { return f == nemesis.None })
	switch {
	case len(rest) == 0:
		return "without faults"
	case calm:
		return "without faults and under " + strings.Join(rest, ", ")
	}
	return "under " + strings.Join(rest, ", ")
}

func firstWhy(trials []certificate.Trial, s certificate.Status) string {
	for _, t := range trials {
		if t.Status == s {
			return t.Why
		}
	}
	return ""
}

// untried says why there is no run of a claim.
func (e *execution) untried(at int) string {
	claim := e.config.Claims[at]
	if why := e.config.pinned(claim); why != "" {
		return "it was not tried: " + why
	}
	for _, o := range e.left {
		if o.What == claimName(claim) || strings.HasPrefix(o.What, claimsPart+": "+claim.Workload) {
			return "it was not tried: " + o.Why
		}
	}
	return "it was not tried"
}

// testimony is a witness, and why the run that it comes from is invalid.
type testimony struct {
	certificate.Witness
	reason string
}

// witness is the first finding of a run that contradicts the claim, of one with operations
// that show it if there is any. There has to be such a run.
func witness(runs []done) testimony {
	var found *testimony
	for _, d := range runs {
		if !d.invalid() {
			continue
		}
		for _, f := range d.outcome.Verdict.Findings {
			if found == nil || len(f.Text) < len(found.Text) && len(f.Culprits) > 0 {
				found = &testimony{certificate.Witness{Anomaly: f.Anomaly, Key: f.Key, Text: f.Text, Run: d.run}, d.reason()}
			}
			break
		}
		if found == nil {
			found = &testimony{certificate.Witness{Anomaly: "invalid", Text: d.reason(), Run: d.run}, d.reason()}
		}
	}
	return *found
}

// Relate makes the directories of the runs relative to the folder that the certificate
// is going to be in, so that its links work wherever both are moved.
func Relate(c *certificate.Certificate, folder string) {
	base, err := filepath.Abs(folder)
	if err != nil {
		return
	}
	for i := range c.Runs {
		path, err := filepath.Abs(c.Runs[i].Dir)
		if err != nil || c.Runs[i].Dir == "" {
			continue
		}
		if relative, err := filepath.Rel(base, path); err == nil {
			c.Runs[i].Dir = filepath.ToSlash(relative)
		}
	}
}
