//go:build unix

// Package owner says which run owns what is left on a machine: a run that takes
// a claim is alive exactly as long as the process that holds it, however that
// process ends. It knows nothing of what a run owns; runtimes label their things
// with the run and remove those of runs that are not alive.
package owner

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// stateVariable names the environment variable that overrides the folder in
// which claims are kept.
const stateVariable = "ASSAY_STATE"

// patience is how long Take waits for somebody who merely looks at the lock.
const patience = time.Second

// ErrAlive means that a process that is still running holds the claim.
var ErrAlive = errors.New("held by a process that is still running")

var validRun = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*$`)

// Claim is a process's hold on a run. The kernel drops the lock behind it when
// the process ends, even by SIGKILL, and process ids play no part in it.
type Claim struct {
	run  string
	dir  string
	lock *os.File
}

// Take claims a run (letters, digits, dashes) for this process until Release.
// It fails with ErrAlive if a live process, this one included, holds the claim.
// What a dead one left in the run's folder is removed first.
func Take(run string) (*Claim, error) {
	dir, err := folder(run)
	if err != nil {
		return nil, err
	}
	lock, err := acquire(dir)
	if err != nil {
		return nil, fmt.Errorf("claim run %s: %w", run, err)
	}
	c := &Claim{run: run, dir: dir, lock: lock}
	if err := c.empty(); err != nil {
		return nil, errors.Join(fmt.Errorf("claim run %s: %w", run, err), c.lock.Close())
	}
	return c, nil
}

// Run is the run that was claimed.
func (c *Claim) Run() string { return c.run }

// Dir is a scratch folder that belongs to the run alone. It vanishes with the
// claim; that of a dead run is removed by Remove. The file named lock in it is
// not to be touched.
func (c *Claim) Dir() string { return c.dir }

// Release removes the run's folder and gives up the claim. It is idempotent.
func (c *Claim) Release() error {
	if c.lock == nil {
		return nil
	}
	err := errors.Join(discard(c.dir), c.lock.Close())
	c.lock = nil
	if err != nil {
		return fmt.Errorf("release run %s: %w", c.run, err)
	}
	return nil
}

// discard removes a folder whose lock this process has. The folder changes its
// name first, so that a new claim on the same run makes a new folder and none
// loses the file that it locked. If this process dies half-way, the rest is that
// of one more dead run.
func discard(dir string) error {
	removed := filepath.Join(filepath.Dir(dir), "removed-"+rand.Text())
	if err := os.Rename(dir, removed); err != nil {
		return err
	}
	// Somebody who had looked up the old name may still create a lock in here,
	// which makes removal fail, but only once each.
	err := os.RemoveAll(removed)
	for range 10 {
		if err == nil {
			break
		}
		err = os.RemoveAll(removed)
	}
	return err
}

// empty removes everything but the lock from the run's folder.
func (c *Claim) empty() error {
	entries, err := os.ReadDir(c.dir)
	for _, e := range entries {
		if e.Name() != filepath.Base(c.lock.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(c.dir, e.Name())))
		}
	}
	return err
}

// Alive says whether a live process holds the claim on a run.
func Alive(run string) bool {
	dir, err := folder(run)
	return err == nil && held(dir)
}

// Stale returns the runs whose folder exists but whose process is dead.
func Stale() ([]string, error) {
	root, err := stateFolder()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	var stale []string
	for _, e := range entries {
		if e.IsDir() && !held(filepath.Join(root, e.Name())) {
			stale = append(stale, e.Name())
		}
	}
	return stale, nil
}

// Remove removes what a dead run left in its folder. It fails with ErrAlive if
// the run lives, and does nothing if there is no folder.
func Remove(run string) error {
	dir, err := folder(run)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	claim, err := Take(run)
	if err != nil {
		return err
	}
	return claim.Release()
}

// Place names where this process keeps claims: host and folder. Whoever keeps them
// in another place, another user for instance, cannot tell whether a run of this
// one lives; so runtimes label what they make with the place too, and clean up
// only after runs of their own.
func Place() (string, error) {
	root, err := stateFolder()
	if err != nil {
		return "", err
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("name the place of claims: %w", err)
	}
	absolute, err := filepath.Abs(root)
	return host + ":" + absolute, err
}

func folder(run string) (string, error) {
	if !validRun.MatchString(run) {
		return "", fmt.Errorf("run %q: its name may consist of letters, digits and dashes only", run)
	}
	root, err := stateFolder()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, run), nil
}

func stateFolder() (string, error) {
	if root := os.Getenv(stateVariable); root != "" {
		return filepath.Join(root, "runs"), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for the state of runs (set %s to one): %w", stateVariable, err)
	}
	return filepath.Join(cache, "assay", "runs"), nil
}
