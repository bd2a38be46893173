package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
)

// The files of a run's directory.
const (
	RunFile     = "run.json"
	VerdictFile = "verdict.json"
	ReportFile  = "report.html"
	JUnitFile   = "junit.xml"
	// PlanFile and TraceFile are what a simulated run has beside these: the plan that
	// repeats it, and what happened between its nodes. ShrunkFolder is the directory
	// of a smaller run that fails in the same way.
	PlanFile     = "plan.json"
	TraceFile    = "trace.txt"
	ShrunkFolder = "shrunk"

	historyFile = "history.jsonl"
	packedFile  = "history.jsonl.zst"
	nodesFolder = "nodes"
	latestLink  = "latest"
)

// Dir is the directory of one run.
type Dir struct {
	path string
}

// Create makes the directory <root>/<target>-<workload>/<UTC time>, with a
// number at its end if another run began in the same second, and lets
// <root>/latest point at it where the file system can do that.
func Create(root, target, workload string, at time.Time) (*Dir, error) {
	name := target + "-" + workload
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("create run directory: %w", err)
	}
	parent := filepath.Join(root, name)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("create run directory: %w; choose another place for results", err)
	}
	path, err := mkdirUnique(parent, at.UTC().Format("20060102T150405Z"))
	if err != nil {
		return nil, fmt.Errorf("create run directory: %w", err)
	}
	pointLatest(root, path)
	return &Dir{path: path}, nil
}

// CreateShrunk makes the directory for a smaller run that fails as this one does,
// inside of this one's.
func (d *Dir) CreateShrunk() (*Dir, error) {
	path := d.Join(ShrunkFolder)
	if err := os.Mkdir(path, 0o755); err != nil {
		return nil, fmt.Errorf("create the directory of the smaller run: %w", err)
	}
	return &Dir{path: path}, nil
}

// mkdirUnique lets mkdir itself decide who was first: several runs may start in
// the same second.
func mkdirUnique(parent, name string) (string, error) {
	const tries = 1000
	path := filepath.Join(parent, name)
	for n := 2; n < tries; n++ {
		err := os.Mkdir(path, 0o755)
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return path, err
		}
		path = filepath.Join(parent, fmt.Sprintf("%s-%d", name, n))
	}
	return "", fmt.Errorf("%s and %d more of that name are taken", filepath.Join(parent, name), tries)
}

// pointLatest is a convenience: that it fails (on a file system without
// symbolic links, say) must never end a run.
func pointLatest(root, path string) {
	target, err := filepath.Rel(root, path)
	if err != nil {
		return
	}
	temporary := filepath.Join(root, fmt.Sprintf(".%s-%d", latestLink, os.Getpid()))
	if os.Symlink(target, temporary) != nil {
		return
	}
	if os.Rename(temporary, filepath.Join(root, latestLink)) != nil {
		_ = os.Remove(temporary)
	}
}

// Open finds the run directory that path is, or that holds the file at path.
func Open(path string) (*Dir, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("open run %s: %w", path, reason(err))
	}
	real, err = filepath.Abs(real)
	if err != nil {
		return nil, fmt.Errorf("open run %s: %w", path, reason(err))
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, fmt.Errorf("open run %s: %w", path, reason(err))
	}
	if found, ok := enclosing(real, info.IsDir()); ok {
		return &Dir{path: shorten(found)}, nil
	}
	return nil, fmt.Errorf("open run: %s is not a run directory: %s", path, whyNot(real, info.IsDir()))
}

// enclosing looks for run.json here and, since nodes/n1/data/... is a file of
// the run too, a few folders further up.
func enclosing(path string, isDir bool) (string, bool) {
	if !isDir {
		path = filepath.Dir(path)
	}
	for range 5 {
		if exists(filepath.Join(path, RunFile)) {
			return path, true
		}
		path = filepath.Dir(path)
	}
	return "", false
}

func whyNot(path string, isDir bool) string {
	if !isDir {
		return fmt.Sprintf("there is no %s beside it", RunFile)
	}
	for _, pattern := range []string{"*/*/" + RunFile, "*/" + RunFile} {
		runs, _ := filepath.Glob(filepath.Join(path, pattern))
		if len(runs) > 0 {
			last := filepath.Dir(runs[len(runs)-1])
			return fmt.Sprintf("it holds %d runs; name one of them, such as %s", len(runs), shorten(last))
		}
	}
	return RunFile + " is missing"
}

// shorten gives the path as a person would type it here.
func shorten(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(here, path)
	if err != nil || strings.HasPrefix(relative, "..") {
		return path
	}
	return relative
}

// Path is the directory itself.
func (d *Dir) Path() string { return d.path }

// Join is the path of a file of the run.
func (d *Dir) Join(name string) string { return filepath.Join(d.path, name) }

// HistoryPath is where the history is: compressed or not, whichever is there,
// and where to write it if neither is. While both are there, compression has
// not come to its end, and the plain one is the whole.
func (d *Dir) HistoryPath() string {
	plain, packed := d.Join(historyFile), d.Join(packedFile)
	if !exists(plain) && exists(packed) {
		return packed
	}
	return plain
}

// NodeDir makes and returns the folder for the logs and files of a node.
func (d *Dir) NodeDir(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("folder of node: %w", err)
	}
	path := filepath.Join(d.path, nodesFolder, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", fmt.Errorf("folder of node %s: %w", name, reason(err))
	}
	return path, nil
}

// WriteRun writes run.json.
func (d *Dir) WriteRun(r Run) error { return d.writeJSON(RunFile, r) }

// ReadRun reads run.json.
func (d *Dir) ReadRun() (Run, error) {
	var r Run
	return r, d.readJSON(RunFile, &r)
}

// WriteVerdict writes verdict.json.
func (d *Dir) WriteVerdict(v checkers.Verdict) error { return d.writeJSON(VerdictFile, v) }

// ReadVerdict reads verdict.json. The error of a run that was never judged
// satisfies errors.Is(err, fs.ErrNotExist).
func (d *Dir) ReadVerdict() (checkers.Verdict, error) {
	var v checkers.Verdict
	return v, d.readJSON(VerdictFile, &v)
}

// checkName keeps names that become folders from leading anywhere else.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return fmt.Errorf("%q cannot be the name of a folder", name)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
