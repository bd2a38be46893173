package compare

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/index"
)

// Side is one of the two things that are compared: a run, or several.
type Side struct {
	// Path is what it was named by.
	Path string
	Runs []Run
	// Skipped are the runs that have no verdict, with the reason.
	Skipped []Skipped
}

// Run is a judged run with what its history says of its speed.
type Run struct {
	index.Run
	slices []slice
	// noFigures says why there are none.
	noFigures string
}

// Skipped is a run that cannot be compared.
type Skipped struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// ErrUnjudged is wrapped by the error that a side has runs, of which none has a verdict.
var ErrUnjudged = errors.New("holds no run that was judged")

// Load reads the run that path is or belongs to, or all runs below it. Its error is
// that there is none, or ErrUnjudged.
func Load(path string) (Side, error) {
	s := Side{Path: path}
	dirs, err := runsAt(path)
	if err != nil {
		return s, err
	}
	for _, dir := range dirs {
		s.add(dir)
	}
	if len(s.Runs) == 0 {
		first := s.Skipped[0]
		return s, fmt.Errorf("%s %w: %s: %s", path, ErrUnjudged, first.Path, first.Why)
	}
	return s, nil
}

func runsAt(path string) ([]string, error) {
	dir, err := results.Open(path)
	if err == nil {
		return []string{dir.Path()}, nil
	}
	real, linkErr := filepath.EvalSymlinks(path)
	if linkErr != nil {
		return nil, err
	}
	dirs, walkErr := index.Dirs(real)
	if walkErr != nil {
		return nil, walkErr
	}
	if len(dirs) == 0 {
		return nil, err
	}
	return dirs, nil
}

func (s *Side) add(dir string) {
	r := Run{Run: index.Read(s.Path, dir)}
	switch r.Status {
	case index.Valid, index.Invalid, index.Unknown:
		r.measure()
		s.Runs = append(s.Runs, r)
	case index.Running:
		s.skip(dir, "it is still going on")
	case index.Abandoned:
		s.skip(dir, "it was never judged; 'assay check' does that")
	default:
		s.skip(dir, r.Problem)
	}
}

func (s *Side) skip(dir, why string) { s.Skipped = append(s.Skipped, Skipped{dir, why}) }

// measure reads the history. Without one, verdicts can be compared all the same.
func (r *Run) measure() {
	dir, err := results.Open(r.Dir)
	if err != nil {
		r.noFigures = err.Error()
		return
	}
	h, _, err := history.Read(dir.HistoryPath())
	if err != nil {
		r.noFigures = err.Error()
		return
	}
	r.slices = cutLoad(r.Run.Run, h)
}
