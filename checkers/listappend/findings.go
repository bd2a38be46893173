package listappend

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/isolation"
)

// mostFindings is how many of an anomaly are told one by one.
const mostFindings = 10

// told is a finding for people.
type told = checkers.Finding

// findings are anomalies by name.
type findings struct {
	all   []checkers.Finding
	count map[isolation.Anomaly]int
}

func newFindings() *findings { return &findings{count: map[isolation.Anomaly]int{}} }

// add counts an anomaly, and tells it unless there are many of it already.
func (f *findings) add(a isolation.Anomaly, tell func() told) {
	if f.count[a]++; f.count[a] <= mostFindings {
		finding := tell()
		finding.Anomaly = string(a)
		f.all = append(f.all, finding)
	}
}

// enough says that no more of an anomaly need be looked for.
func (f *findings) enough(a isolation.Anomaly) bool { return f.count[a] >= mostFindings }

// ruledOut says that no level is left that the anomaly could contradict.
func (f *findings) ruledOut(a isolation.Anomaly) bool {
	for _, l := range a.Contradicts() {
		if !f.contradicts(l) {
			return false
		}
	}
	return true
}

// contradicts says that something that was found rules out a level.
func (f *findings) contradicts(l isolation.Level) bool {
	for a := range f.count {
		if a.RulesOut(l) {
			return true
		}
	}
	return false
}
