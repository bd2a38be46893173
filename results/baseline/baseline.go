// Package baseline keeps findings that somebody has accepted, each with a reason and a
// day on which that ends, so that a problem one knows does not hide a new one. It never
// changes a verdict: an invalid run stays invalid. It only says whether everything that
// is wrong with it is known.
package baseline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/assaykit/assay/results"
)

// DefaultFile is where baselines are kept unless told otherwise.
const DefaultFile = ".assay-baseline.json"

// SchemaURL names the form of the file, for editors.
const SchemaURL = "https://raw.githubusercontent.com/assaykit/assay/main/results/schema/baseline.schema.json"

// Baseline is the file.
type Baseline struct {
	Schema   string     `json:"$schema,omitempty"`
	Accepted []Accepted `json:"accepted"`
}

// Accepted is a kind of finding that is known, and where.
type Accepted struct {
	// Anomaly is the finding's name, such as stale-read.
	Anomaly string `json:"anomaly"`
	// Target and Workload are those of the run.
	Target   string `json:"target"`
	Workload string `json:"workload"`
	// Nemesis and Script are what the run was under, exactly: a stale read without
	// faults is another problem than one under partitions. Absent they stand for any.
	Nemesis *string `json:"nemesis,omitempty"`
	Script  *string `json:"nemesis_script,omitempty"`
	// Settings are those of the run, exactly, where the value "*" stands for any. Absent
	// they stand for all.
	Settings map[string]string `json:"settings,omitzero"`
	// Reason says why this can be lived with.
	Reason string `json:"reason"`
	// Until is the last day on which it is accepted.
	Until Date `json:"until"`
	// On is the day on which it was accepted, Run the run in which it was seen.
	On  Date   `json:"accepted_on,omitzero"`
	Run string `json:"run,omitempty"`
}

// Date is a day, in UTC.
type Date struct{ time.Time }

const dateForm = time.DateOnly

// ParseDate reads 2027-01-31.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(dateForm, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no day such as 2027-01-31", text)
	}
	return Date{t}, nil
}

// DateOf is the day of a moment.
func DateOf(t time.Time) Date {
	return Date{t.UTC().Truncate(24 * time.Hour)}
}

func (d Date) String() string { return d.Format(dateForm) }

// MarshalText writes 2027-01-31.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// MarshalJSON is here because the embedded time has one of its own.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	return d.UnmarshalText([]byte(s))
}

// ErrInvalid is wrapped by errors that whoever wrote the file has to mend.
var ErrInvalid = errors.New("not a baseline")

// Read reads a baseline. What is not understood is an error, for a misspelt limit would
// accept more than was meant.
func Read(path string) (Baseline, error) {
	var b Baseline
	file, err := os.Open(path)
	if err != nil {
		return b, fmt.Errorf("read baseline: %w", err)
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return b, fmt.Errorf("%w: %s: %w", ErrInvalid, path, err)
	}
	if decoder.More() {
		return b, fmt.Errorf("%w: %s: something follows its end", ErrInvalid, path)
	}
	for i, a := range b.Accepted {
		if err := a.check(); err != nil {
			return b, fmt.Errorf("%w: %s: entry %d: %w", ErrInvalid, path, i+1, err)
		}
	}
	return b, nil
}

// check rejects an entry that would accept everything, or for ever, or for no reason.
func (a Accepted) check() error {
	for _, field := range []struct{ name, value string }{
		{"anomaly", a.Anomaly}, {"target", a.Target}, {"workload", a.Workload}, {"reason", a.Reason},
	} {
		if field.value == "" {
			return fmt.Errorf("%q is missing", field.name)
		}
	}
	if a.Until.IsZero() {
		return errors.New(`"until" is missing: nothing is accepted for ever`)
	}
	return nil
}

// Write replaces the file in one step.
func (b Baseline) Write(path string) error {
	b.Schema = SchemaURL
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(temporary, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write baseline: %w", errors.Join(err, os.Remove(temporary)))
	}
	return nil
}

// Open reads the baseline to which something will be added; it may not exist yet.
func Open(path string) (Baseline, error) {
	b, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Baseline{}, nil
	}
	return b, err
}

// For is an entry that accepts an anomaly in runs like this one and in no others.
func For(anomaly string, run results.Run) Accepted {
	return Accepted{
		Anomaly: anomaly, Target: run.Target, Workload: run.Workload,
		Nemesis: &run.Nemesis, Script: &run.Script, Settings: orEmpty(run.Settings),
	}
}

func orEmpty(settings map[string]string) map[string]string {
	if settings == nil {
		return map[string]string{}
	}
	return settings
}

// Accept adds an entry, in place of one for the same.
func (b *Baseline) Accept(a Accepted) (replaced bool) {
	at := slices.IndexFunc(b.Accepted, a.sameScope)
	if at < 0 {
		b.Accepted = append(b.Accepted, a)
		return false
	}
	b.Accepted[at] = a
	return true
}

func (a Accepted) sameScope(b Accepted) bool {
	return a.Anomaly == b.Anomaly && a.Target == b.Target && a.Workload == b.Workload &&
		same(a.Nemesis, b.Nemesis) && same(a.Script, b.Script) &&
		(a.Settings == nil) == (b.Settings == nil) && maps.Equal(a.Settings, b.Settings)
}

func same(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
