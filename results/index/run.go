package index

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/live"
)

// Status is how a run ended, or that it has not.
type Status string

const (
	Valid   Status = "valid"
	Invalid Status = "invalid"
	Unknown Status = "unknown"
	// Running: a process works on it.
	Running Status = "running"
	// Infrastructure: its own infrastructure ended it.
	Infrastructure Status = "infrastructure"
	// Abandoned: the process that worked on it has gone before there was a verdict.
	Abandoned Status = "abandoned"
	// Damaged: run.json or verdict.json cannot be read.
	Damaged Status = "damaged"
)

// Statuses are all of them, in the order in which people look for them.
func Statuses() []Status {
	return []Status{Running, Invalid, Unknown, Valid, Infrastructure, Abandoned, Damaged}
}

// Run is what a list tells of a run.
type Run struct {
	// ID is the path of its directory below the root, with slashes; "." is the root.
	ID string
	// Dir is the directory itself.
	Dir    string
	Status Status
	// Run is run.json, as much of it as could be read.
	results.Run
	// Version is which version of the target ran, as far as the run tells.
	Version string
	// Verdict sums up verdict.json.
	Verdict Summary
	// Problem says why the status is Infrastructure or Damaged.
	Problem string
}

// Summary is a verdict without its findings' texts, of which there can be many.
type Summary struct {
	Judged   bool
	Validity checkers.Validity
	Reason   string
	Parts    []Part
	// Anomalies are the names of the findings, the gravest first, with their numbers.
	Anomalies []Anomaly
	// Faults are the kinds of faults that struck.
	Faults []string
}

// Part is the verdict of one checker.
type Part struct {
	Checker  string
	Validity checkers.Validity
	Reason   string
}

// Anomaly is how often one kind of finding was found.
type Anomaly struct {
	Name  string
	Count int
}

// Read reads one run. Its ID is the path below root.
func Read(root, dir string) Run { return read(filepath.Clean(root), filepath.Clean(dir)) }

func read(root, dir string) Run {
	r := Run{Dir: dir, ID: idOf(root, dir)}
	if err := readJSON(filepath.Join(dir, results.RunFile), &r.Run); err != nil {
		r.Run = results.Run{Started: changed(filepath.Join(dir, results.RunFile))}
		r.Problem = err.Error()
		r.guess()
	}
	r.Version = VersionOf(r.Run)
	var verdict checkers.Verdict
	err := readJSON(filepath.Join(dir, results.VerdictFile), &verdict)
	switch {
	case err == nil:
		r.Verdict = summarize(verdict)
	case !errors.Is(err, fs.ErrNotExist):
		r.Problem = cmp.Or(r.Problem, err.Error())
	}
	r.settle()
	return r
}

func idOf(root, dir string) string {
	relative, err := filepath.Rel(root, dir)
	if err != nil {
		return filepath.ToSlash(dir)
	}
	return filepath.ToSlash(relative)
}

// guess takes target and workload of a damaged run from the name of its folder, so
// that it can be found.
func (r *Run) guess() {
	name := filepath.Base(filepath.Dir(r.Dir))
	if at := strings.LastIndexByte(name, '-'); at > 0 {
		r.Target, r.Workload = name[:at], name[at+1:]
	}
}

// settle decides on the status. A broken promise that was found is never hidden behind
// an error of the infrastructure.
func (r *Run) settle() {
	state := live.Look(r.Dir)
	switch {
	case r.Problem != "" && r.Error == "":
		r.Status = Damaged
	case state == live.Going:
		r.Status = Running
	case r.Verdict.Judged && r.Verdict.Validity == checkers.Invalid:
		r.Status = Invalid
	case r.Error != "":
		r.Status, r.Problem = Infrastructure, r.Error
	case !r.Verdict.Judged:
		r.Status = Abandoned
	case r.Verdict.Validity == checkers.Valid:
		r.Status = Valid
	default:
		r.Status = Unknown
	}
}

// mostBytes bounds the files that a list reads: the largest verdict is a thousandth.
const mostBytes = 64 << 20

func readJSON(path string, value any) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", filepath.Base(path))
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mostBytes+1))
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", filepath.Base(path), err)
	}
	if len(text) > mostBytes {
		return fmt.Errorf("%s is larger than %d MiB", filepath.Base(path), mostBytes>>20)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s is damaged: %w", filepath.Base(path), err)
	}
	return nil
}

func summarize(v checkers.Verdict) Summary {
	s := Summary{Judged: true, Validity: v.Validity, Reason: v.Reason}
	for _, f := range v.Findings {
		at := slices.IndexFunc(s.Anomalies, func(a Anomaly) bool { return a.Name == f.Anomaly })
		if at < 0 {
			at = len(s.Anomalies)
			s.Anomalies = append(s.Anomalies, Anomaly{Name: f.Anomaly})
		}
		s.Anomalies[at].Count++
	}
	for _, part := range v.Parts {
		s.Parts = append(s.Parts, Part{part.Checker, part.Validity, part.Reason})
	}
	for _, c := range v.Faults {
		if c.Injected > 0 {
			s.Faults = append(s.Faults, strings.TrimSpace(c.Fault+" "+c.Shape))
		}
	}
	return s
}
