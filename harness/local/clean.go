//go:build unix

package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/assaykit/assay/harness/owner"
)

// recordName is the file in a node's folder that says which process it is.
const recordName = "process.json"

// record is what identifies a node's process to a later Assay.
type record struct {
	PID int `json:"pid"`
	// Started is when it started, where the system tells no better.
	Started string `json:"started,omitempty"`
}

// remember writes a record so that it is there as a whole or not at all.
func remember(home string, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	draft := filepath.Join(home, recordName+".new")
	if err := os.WriteFile(draft, text, 0o644); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(home, recordName))
}

// Clean ends the processes and removes the folders of runs that are not alive,
// and logs what it did. It touches only processes that it recognises. It has to
// come before owner.Remove, which removes the folder that it works from.
func Clean(alive func(run string) bool, log io.Writer) error {
	runs, err := owner.Stale()
	if err != nil {
		return err
	}
	var errs []error
	for _, run := range runs {
		if alive(run) {
			continue
		}
		if err := cleanRun(run, log); err != nil {
			errs = append(errs, fmt.Errorf("clean up after run %s: %w", run, err))
		}
	}
	return errors.Join(errs...)
}

func cleanRun(run string, log io.Writer) error {
	scratch, err := owner.Dir(run)
	if err != nil {
		return err
	}
	dir := filepath.Join(scratch, folderName)
	records, err := filepath.Glob(filepath.Join(dir, "*", recordName))
	if err != nil {
		return err
	}
	for _, path := range records {
		if err := endRecorded(run, path, log); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}

// endRecorded ends what is left of the processes in one record.
func endRecorded(run, path string, log io.Writer) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	node, told := filepath.Base(filepath.Dir(path)), map[int]bool{}
	for deadline := time.Now().Add(groupPatience); ; time.Sleep(poll) {
		left, err := leftOf(run, r)
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v do not end", left)
		}
		for _, pid := range left {
			if syscall.Kill(pid, syscall.SIGKILL) == nil && !told[pid] {
				fmt.Fprintf(log, "ended process %d, node %s of run %s\n", pid, node, run)
				told[pid] = true
			}
		}
	}
}
