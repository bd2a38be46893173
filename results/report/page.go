package report

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/report/explorer"
)

// page is everything that the templates show: text that is already fit to be
// shown, and numbers.
type page struct {
	Style    template.CSS
	Title    string
	Badge    badge
	Reason   string
	Answer   answer
	Facts    []fact
	Commands []command
	Notes    []note

	Findings  []findingView
	Listed    []findingView
	MoreCount string
	// Sequence is what happened between the nodes; nil if that is not known.
	Sequence *sequenceView

	Empty     bool
	Charts    []chart
	Available available
	Stale     stale
	// Clocks is nil if nobody read them.
	Clocks    *chart
	Details   []chart
	Kinds     []kindRow
	Faults    faultTable
	Errors    errorTable
	Logs      logTable
	Parts     []partView
	Stats     []checkers.Stat
	Config    []fact
	Missing   []fact
	Phases    []phaseRow
	Generated string

	// Explorer shows every operation; nil if there are none.
	Explorer *explorer.View
}

// badge is the verdict at a glance: by word, sign and colour.
type badge struct{ Class, Word, Sign, Meaning string }

type fact struct{ Name, Value string }

// Broad values take two columns.
func (f fact) Broad() bool { return len(f.Value) > 24 }

type command struct{ What, Text string }

const (
	openReport = "Open this report"
	checkAgain = "Check the stored history again"
	repeatRun  = "Repeat the run"
)

type note struct{ Title, Text string }

// partView is the verdict of one checker.
type partView struct {
	Badge   badge
	Checker string
	Reason  string
	// Stats are those that fit into a line or two, Long the others.
	Stats, Long []checkers.Stat
}

type phaseRow struct{ Name, Start, Took string }

const (
	mostReason = 2000
	mostText   = 4000
	mostParts  = 60
	mostStats  = 60
	// fewStats and longStat say which figures of a checker are shown at once.
	fewStats = 8
	longStat = 70
)

func newPage(in Input, r record) page {
	reason, _ := clauses(in)
	p := page{
		Title:     tidy(in.Run.Target, 60) + " · " + tidy(in.Run.Workload, 60),
		Badge:     newBadge(in.Verdict.Validity),
		Reason:    capital(reason),
		Answer:    newAnswer(in),
		Facts:     facts(in.Run, r),
		Commands:  commands(in),
		Notes:     notes(in),
		Empty:     len(r.calls) == 0,
		Kinds:     tabulateKinds(r),
		Faults:    tabulateFaults(r),
		Errors:    tabulateErrors(r),
		Logs:      tabulateLogs(in, r),
		Stats:     stats(in.Verdict.Stats),
		Parts:     partViews(in.Verdict),
		Config:    configuration(in.Run),
		Missing:   missing(in.Run),
		Phases:    phases(in.Run),
		Generated: "Assay " + tidy(in.Run.Assay, 40),
	}
	p.explain(r, in.Verdict)
	if !p.Empty {
		grid := newGrid(r)
		p.Charts = []chart{throughput(r, grid), latency(r, grid)}
		p.Available = newAvailable(r, grid)
		p.Stale = measureStaleness(r)
		p.Clocks = clockChart(in.History, r, grid)
		p.Details = detailCharts(r)
	}
	return p
}

func newBadge(v checkers.Validity) badge {
	switch v {
	case checkers.Valid:
		return badge{"valid", "valid", "✓", "No promise was seen broken."}
	case checkers.Invalid:
		return badge{"invalid", "INVALID", "✗", "A promise was broken."}
	default:
		return badge{"unknown", "unknown", "?", "Nothing was proved, neither way."}
	}
}

// reasonOf is the one sentence at the top. A run that never came to a verdict
// has its error to say.
func reasonOf(in Input) string {
	switch {
	case in.Verdict.Reason != "":
		return prose(in.Verdict.Reason, mostReason)
	case in.Run.Error != "":
		return "The run was ended by its own infrastructure before there was a verdict."
	default:
		return newBadge(in.Verdict.Validity).Meaning
	}
}

func facts(run results.Run, r record) []fact {
	nemesis := run.Nemesis
	if nemesis == "" {
		nemesis = "none"
	}
	all := []fact{
		{"Seed", fmt.Sprint(run.Seed)},
		{"Nemesis", nemesis},
		{"Settings", settings(run)},
		{"Image", run.Image},
		{"Nodes", nodes(run)},
		{"Duration", length(run.Duration)},
		{"Operations", operations(r)},
		{"Faults", checkers.Number(len(r.faults))},
	}
	if !run.Started.IsZero() {
		all = append(all, fact{"Started", run.Started.UTC().Format("2006-01-02 15:04:05 UTC")})
	}
	return known(append(all, fact{"Assay", run.Assay}))
}

// settings are those that were given with --set.
func settings(run results.Run) string {
	var all []string
	for _, key := range first(slices.Sorted(maps.Keys(run.Settings)), mostSettings) {
		all = append(all, key+"="+run.Settings[key])
	}
	return strings.Join(all, ", ")
}

func nodes(run results.Run) string {
	if len(run.Nodes) == 0 {
		return ""
	}
	text := checkers.Number(len(run.Nodes))
	if run.Runtime != "" {
		text += ", " + run.Runtime
	}
	return text
}

func operations(r record) string {
	var n outcomes
	for _, c := range r.calls {
		n.add(c.Type)
	}
	return fmt.Sprintf("%s (%s ok, %s failed, %s unknown)", checkers.Number(n.total()), checkers.Number(n.ok), checkers.Number(n.failed), checkers.Number(n.unknown))
}

// known are the facts that have a value, fit to be shown.
func known(all []fact) []fact {
	var some []fact
	for _, f := range all {
		if f.Value != "" {
			some = append(some, fact{tidy(f.Name, 60), tidy(f.Value, 400)})
		}
	}
	return some
}

// commands say how to see the run again.
func commands(in Input) []command {
	var all []command
	if in.Dir != "" {
		all = append(all,
			command{openReport, in.Dir + "/" + results.ReportFile},
			command{checkAgain, results.Command(append(program(in.Run), "check", in.Dir)...)})
	}
	if repeat := in.Run.Repeat(); repeat != "" {
		all = append(all, command{repeatRun, repeat})
	}
	for i := range all {
		all[i].Text = tidy(all[i].Text, 2000)
	}
	return all
}

// program is how Assay itself was called: what the run's command line has in
// front of its subcommand, such as "go run ./cmd/assay". A line that begins with env is
// that of a go test (harness/assaytest), which does not know where Assay is.
func program(run results.Run) []string {
	if at := slices.IndexFunc(run.CommandLine, isSubcommand); at > 0 && run.CommandLine[0] != "env" {
		return slices.Clone(run.CommandLine[:at])
	}
	return []string{"assay"}
}

func isSubcommand(word string) bool { return word == "test" || word == "sim" }

func notes(in Input) []note {
	var all []note
	run := in.Run
	if run.Error != "" {
		all = append(all, note{"Infrastructure error", prose(run.Error, mostReason)})
	}
	if run.Interrupted {
		all = append(all, note{"Interrupted", "The run was stopped by the user before its time; the verdict covers what had been recorded."})
	}
	if claim, check := run.Unasked(); len(check) > 0 && in.Verdict.Validity == checkers.Invalid {
		all = append(all, note{"Asked for something else than is claimed", fmt.Sprintf(
			"With these settings the vendor claims %s. A run with --set %s asks for that, which this one did not.", tidy(claim.Promise, 200), tidy(strings.Join(check, " --set "), 200))})
	}
	return all
}

// partViews are the verdicts of the checkers; one that judged alone is its own
// part.
func partViews(v checkers.Verdict) []partView {
	var views []partView
	parts := v.Parts
	if len(parts) == 0 && v.Checker != "" {
		parts = []checkers.Verdict{{Checker: v.Checker, Validity: v.Validity, Reason: v.Reason}}
	}
	for _, part := range parts[:min(len(parts), mostParts)] {
		view := partView{Badge: newBadge(part.Validity), Checker: tidy(part.Checker, 60), Reason: prose(part.Reason, mostReason)}
		for _, s := range stats(part.Stats) {
			if len(s.Name)+len(s.Value) > longStat || len(view.Stats) == fewStats || len(view.Long) > 0 {
				view.Long = append(view.Long, s)
			} else {
				view.Stats = append(view.Stats, s)
			}
		}
		views = append(views, view)
	}
	return views
}

func stats(all []checkers.Stat) []checkers.Stat {
	var some []checkers.Stat
	for _, s := range all[:min(len(all), mostStats)] {
		some = append(some, checkers.Stat{Name: tidy(s.Name, 80), Value: tidy(s.Value, 200)})
	}
	return some
}

func phases(run results.Run) []phaseRow {
	var rows []phaseRow
	for _, p := range run.Phases[:min(len(run.Phases), mostParts)] {
		rows = append(rows, phaseRow{tidy(p.Name, 60), moment(p.Start, 1), lasted(p.End - p.Start)})
	}
	return rows
}

// everyFinding is what an invalid verdict rests on; a merged one may have left
// it with its parts.
func everyFinding(v checkers.Verdict) []checkers.Finding {
	if len(v.Findings) > 0 {
		return v.Findings
	}
	var all []checkers.Finding
	for _, part := range v.Parts {
		all = append(all, everyFinding(part)...)
	}
	return all
}
