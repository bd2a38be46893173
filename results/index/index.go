// Package index knows the runs below a directory, and the certificates made of them: it
// finds them, reads no more of each run than run.json and verdict.json, of a certificate
// its certificate.json, and reads these again only when they have changed. A
// run that is half written, damaged or of another version is listed as what it is; it
// hides no other. Symbolic links are not followed, and nothing is ever written.
package index

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/certificate"
)

// depth is how far below the root a run's directory may be: results of several seeds
// are often kept in a folder each.
const depth = 6

// Index is the runs below one directory. Its methods may be called from several
// goroutines.
type Index struct {
	root string

	mu           sync.Mutex
	known        map[string]known
	listed       []Run
	certified    map[string]certified
	certificates []Certificate
	at           time.Time
}

// known is a run as it was when its files had these times.
type known struct {
	stamp stamp
	run   Run
}

// New makes an index of the runs below root, which need not exist yet.
func New(root string) *Index {
	return &Index{root: filepath.Clean(root), known: map[string]known{}, certified: map[string]certified{}}
}

// Root is the directory below which the runs are.
func (x *Index) Root() string { return x.root }

// fresh is for how long a list is not made again: a page asks several times.
const fresh = 500 * time.Millisecond

// Runs are all runs, the newest first. The error is that the root cannot be read; a
// root that does not exist has no runs.
func (x *Index) Runs() ([]Run, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.refresh(); err != nil {
		return nil, err
	}
	return slices.Clone(x.listed), nil
}

// refresh looks again, unless that was done a moment ago. Its caller holds mu.
func (x *Index) refresh() error {
	if !x.at.IsZero() && time.Since(x.at) < fresh {
		return nil
	}
	dirs, folders, err := walk(x.root)
	if err != nil {
		return err
	}
	found := make(map[string]known, len(dirs))
	x.listed = x.listed[:0]
	for _, dir := range dirs {
		now := x.look(dir)
		found[dir] = now
		x.listed = append(x.listed, now.run)
	}
	x.known, x.at = found, time.Now()
	slices.SortStableFunc(x.listed, newestFirst)
	x.readCertificates(folders)
	return nil
}

func newestFirst(a, b Run) int {
	return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
}

// look is a run as it was, if its files have not changed since. Whether it goes on is
// looked at each time: a process that is killed changes no file.
func (x *Index) look(dir string) known {
	now := stampOf(dir)
	if before, ok := x.known[dir]; ok && before.stamp == now {
		before.run.settle()
		return before
	}
	return known{now, read(x.root, dir)}
}

// Find is the run of that ID.
func (x *Index) Find(id string) (Run, bool) {
	runs, err := x.Runs()
	if err != nil {
		return Run{}, false
	}
	at := slices.IndexFunc(runs, func(r Run) bool { return r.ID == id })
	if at < 0 {
		return Run{}, false
	}
	return runs[at], true
}

// Dirs are the directories of all runs at or below root, in the order of their names.
func Dirs(root string) ([]string, error) {
	dirs, _, err := walk(root)
	return dirs, err
}

// walk finds the directories of runs and the folders of certificates.
func walk(root string) (runs, certificates []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && path == root && !os.IsNotExist(err):
			return fmt.Errorf("list runs: %w", err)
		case err != nil:
			return nil // it has just been removed, or is none of our business
		case !entry.IsDir():
			return nil
		case has(path, results.RunFile):
			runs = append(runs, path)
			return fs.SkipDir
		case path != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		}
		if has(path, certificate.JSONFile) {
			certificates = append(certificates, path) // its runs may be in it
		}
		if depthOf(root, path) == depth {
			return fs.SkipDir
		}
		return nil
	})
	return runs, certificates, err
}

func has(dir, name string) bool {
	info, err := os.Lstat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}

func depthOf(root, path string) int {
	relative, err := filepath.Rel(root, path)
	if err != nil || relative == "." {
		return 0
	}
	return strings.Count(relative, string(filepath.Separator)) + 1
}

// stamp tells whether a run's files have changed. It compares more than times: two
// writes may come within one tick of the file system's clock.
type stamp struct {
	run, verdict fileStamp
}

type fileStamp struct {
	size int64
	at   time.Time
	mode fs.FileMode
}

func stampOf(dir string) stamp {
	return stamp{stampFile(filepath.Join(dir, results.RunFile)), stampFile(filepath.Join(dir, results.VerdictFile))}
}

func stampFile(path string) fileStamp {
	info, err := os.Lstat(path)
	if err != nil {
		return fileStamp{}
	}
	return fileStamp{info.Size(), info.ModTime(), info.Mode()}
}
