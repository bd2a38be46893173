package catalogue

import (
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// Outcome is how a run ended.
type Outcome struct {
	// Code is the exit code of `assay test`.
	Code int
	// Anomalies are the names of its findings, each once.
	Anomalies []string
	// Seen is how long after clients began to work the first finding was complete;
	// negative if there is none, or if it shows only when all is over (final reads).
	Seen time.Duration
	// Why says what kept a run from taking place, if anything did.
	Why string
}

// Look adds to an exit code what the directory of a run tells.
func Look(path string, code int) (Outcome, error) {
	out := Outcome{Code: code, Seen: -1}
	dir, err := results.Open(path)
	if err != nil {
		return out, err
	}
	verdict, err := dir.ReadVerdict()
	if err != nil {
		return out, err
	}
	run, err := dir.ReadRun()
	if err != nil {
		return out, err
	}
	h, _, err := history.Read(dir.HistoryPath())
	if err != nil {
		return out, err
	}
	out.Anomalies = anomalies(verdict.Findings)
	out.Seen = seen(verdict.Findings, h, loadBegan(run))
	return out, nil
}

func anomalies(findings []checkers.Finding) []string {
	var names []string
	known := map[string]bool{}
	for _, f := range findings {
		if !known[f.Anomaly] {
			known[f.Anomaly] = true
			names = append(names, f.Anomaly)
		}
	}
	return names
}

func loadBegan(run results.Run) time.Duration {
	for _, phase := range run.Phases {
		if phase.Name == "load" {
			return phase.Start
		}
	}
	return 0
}

// seen is when the last of a finding's culprits had been answered, for the finding where
// that was earliest.
func seen(findings []checkers.Finding, h *history.History, began time.Duration) time.Duration {
	ends := map[int]*history.Call{}
	calls := h.Calls()
	for i := range calls {
		ends[calls[i].Invoke] = &calls[i]
	}
	first := time.Duration(-1)
	for _, f := range findings {
		if at, during := complete(f, ends); during && (first < 0 || at-began < first) {
			first = max(0, at-began)
		}
	}
	return first
}

// complete is when all culprits were answered; during says that none is a final read.
func complete(f checkers.Finding, calls map[int]*history.Call) (at time.Duration, during bool) {
	for _, index := range f.Culprits {
		call := calls[index]
		if call == nil || call.Final {
			return 0, false
		}
		if call.End != history.Never {
			at = max(at, call.End)
		}
	}
	return at, at > 0
}
