// Package live tells whoever looks at a run's directory what the run is doing now.
// The run appends a line about itself once a second, and removes the file when it
// has come to its end, for then the history holds more; the file of a run that was
// killed stays, and its lock, which the kernel gives back, tells that nobody goes on
// writing. Nothing here ever fails a run, and no verdict rests on it.
package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// File is the name of the file in a run's directory.
const File = "progress.jsonl"

// Sample is what a run was doing at one moment: a line of the file.
type Sample struct {
	// Phase is the part of the run: "set up", "load", "heal", ...
	Phase string `json:"phase"`
	// Elapsed is on the history's clock, Remaining an estimate for the whole run.
	Elapsed   time.Duration `json:"elapsed_ns"`
	Remaining time.Duration `json:"remaining_ns,omitempty"`
	// OK, Failed and Unknown count the operations that have completed so far.
	OK      int `json:"ok"`
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
	// PerSecond is how many completed in each of the last seconds.
	PerSecond float64 `json:"per_second"`
	// P50 and P99 are quantiles of the latencies of operations that were ok since the
	// line before, to within a twentieth; absent if there was none.
	P50 time.Duration `json:"p50_ns,omitempty"`
	P99 time.Duration `json:"p99_ns,omitempty"`
	// Faults are those in force, for people.
	Faults []string `json:"faults,omitempty"`
}

// Writer appends samples. All its methods may be called on a nil Writer, which is
// what a run has whose file could not be made.
type Writer struct {
	mu   sync.Mutex
	file *os.File
}

// Create makes the file in the run's directory and claims it until Close.
func Create(dir string) (*Writer, error) {
	file, err := os.OpenFile(filepath.Join(dir, File), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("tell of the run's progress: %w", err)
	}
	if err := claim(file); err != nil {
		return nil, errors.Join(fmt.Errorf("tell of the run's progress: lock %s: %w", file.Name(), err), file.Close())
	}
	return &Writer{file: file}, nil
}

// Write appends a sample as one line, in one piece, so that a reader at most sees
// the last line torn.
func (w *Writer) Write(s Sample) error {
	if w == nil {
		return nil
	}
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return fs.ErrClosed
	}
	_, err = w.file.Write(append(line, '\n'))
	return err
}

// Close removes the file: the run has come to its end.
func (w *Writer) Close() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return nil
	}
	file := w.file
	w.file = nil
	return errors.Join(os.Remove(file.Name()), file.Close())
}
