package serve

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/index"
)

type runPage struct {
	frame
	Badge    badge
	Heading  string
	Reason   string
	Facts    []fact
	Live     string
	Parts    []partView
	Found    []string
	Faults   []string
	Commands []fact
	Files    []entry
	Folder   string
	Target   string
	// Report is the address of the report, if there is one.
	Report string
	// Certificates are those that rest on it.
	Certificates []certificateRow
	// Before is the address of a comparison with the run before of the same kind.
	Before, BeforeName string
}

type fact struct{ Name, Value string }

type partView struct {
	Badge           badge
	Checker, Reason string
}

func (s *server) run(w http.ResponseWriter, r *http.Request) {
	id := strings.Trim(r.PathValue("id"), "/")
	run, ok := s.index.Find(id)
	if !ok {
		s.problem(w, http.StatusNotFound, "There is no run %s below %s.", id, s.index.Root())
		return
	}
	p := runPage{
		frame: s.frame(run.ID), Badge: badgeOf(run.Status), Heading: run.Target + " · " + run.Workload,
		Reason: reasonOf(run), Facts: factsOf(run), Commands: s.commands(run),
		Files: mainFiles(run), Folder: link("/files/", run.ID) + "/", Target: link("/targets/", run.Target), Faults: run.Verdict.Faults,
	}
	if run.Status == index.Running {
		p.Live = link("/live/", run.ID)
	}
	for _, part := range run.Verdict.Parts {
		p.Parts = append(p.Parts, partView{badgeOf(index.Status(part.Validity.String())), part.Checker, part.Reason})
	}
	for _, a := range run.Verdict.Anomalies {
		p.Found = append(p.Found, a.Name+": "+checkers.Count(a.Count, "finding"))
	}
	if slices.ContainsFunc(p.Files, func(e entry) bool { return e.Name == results.ReportFile }) {
		p.Report = filesLink(run.ID, results.ReportFile)
	}
	p.Before, p.BeforeName = s.before(run)
	p.Certificates = s.certifiedBy(run)
	s.show(w, http.StatusOK, "run", p)
}

func reasonOf(r index.Run) string {
	switch {
	case r.Problem != "":
		return r.Problem
	case r.Status == index.Running:
		return "The run is going on."
	case r.Status == index.Abandoned:
		return "The process that worked on this run has gone before there was a verdict. What was recorded can be judged."
	}
	return r.Verdict.Reason
}

func factsOf(r index.Run) []fact {
	all := []fact{
		{"Version", r.Version}, {"Nemesis", faultsOf(r)}, {"Seed", fmt.Sprint(r.Seed)}, {"Started", moment(r.Started) + " UTC"},
		{"Took", lasted(took(r))}, {"Load", lasted(r.Duration)}, {"Nodes", strings.Join(r.Nodes, " ")}, {"Runtime", r.Runtime},
		{"Clients", fmt.Sprint(r.Concurrency)}, {"Rate", fmt.Sprintf("%g operations a second", r.Rate)},
	}
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		all = append(all, fact{"--set " + key, r.Settings[key]})
	}
	all = append(all, fact{"Image", r.Image}, fact{"Engine", r.Engine}, fact{"Machine", r.Machine}, fact{"Assay", r.Assay}, fact{"Directory", r.Dir})
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

func (s *server) commands(r index.Run) []fact {
	program := s.config.Program
	if len(program) == 0 {
		program = []string{"assay"}
	}
	all := []fact{{"Check the stored history again", results.Command(append(slices.Clone(program), "check", r.Dir)...)}}
	if repeat := r.Repeat(); repeat != "" {
		all = append(all, fact{"Repeat the run", repeat})
	}
	if r.Status == index.Invalid {
		all = append(all, fact{"Accept what was found, for a while", results.Command(append(slices.Clone(program), "accept", r.Dir)...) + " --reason WHY --until DAY"})
	}
	return all
}

// mainFiles are those that a reader wants first: Assay's pages, and then the rest.
func mainFiles(r index.Run) []entry {
	var files []entry
	for _, e := range regularFiles(r.Dir) {
		files = append(files, newEntry(r.ID, "", e))
	}
	slices.SortStableFunc(files, func(a, b entry) int { return fileRank(a) - fileRank(b) })
	return files
}

// regularFiles are the first files of a folder that are not hidden.
func regularFiles(dir string) []os.DirEntry {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	all = slices.DeleteFunc(all, func(e os.DirEntry) bool { return !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") })
	return all[:min(50, len(all))]
}

func fileRank(e entry) int {
	switch {
	case e.Name == results.ReportFile:
		return 0
	case filepath.Ext(e.Name) == ".html":
		return 1
	}
	return 2
}

// before is the newest earlier run of the same target and workload under the same
// nemesis.
func (s *server) before(run index.Run) (address, name string) {
	runs, err := s.index.Runs()
	if err != nil || !run.Verdict.Judged {
		return "", ""
	}
	for _, r := range runs {
		if r.Verdict.Judged && r.Started.Before(run.Started) && sameKind(r, run) {
			return compareLink(r.ID, run.ID), r.ID
		}
	}
	return "", ""
}

func sameKind(a, b index.Run) bool {
	return a.Target == b.Target && a.Workload == b.Workload && faultsOf(a) == faultsOf(b) && cmp.Compare(settingsOf(a), settingsOf(b)) == 0
}

// settingsOf are those that make a run another kind of run: not its version.
func settingsOf(r index.Run) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		if key != "version" {
			all = append(all, key+"="+r.Settings[key])
		}
	}
	return strings.Join(all, " ")
}

func compareLink(old, new string) string {
	return "/compare?" + url.Values{"run": {old, new}}.Encode()
}
