package keyvalue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers/linearizability/object"
)

// The anomalies, by the names that findings bear.
const (
	// VersionTwice: two changes got one version.
	VersionTwice = "version-twice"
	// VersionNotGrowing: a change got a smaller version than one that was over
	// before it began.
	VersionNotGrowing = "version-not-growing"
	// LostUpdate: a value was replaced provided that it had a version, when another
	// change had replaced that already.
	LostUpdate = "lost-update"
	// DeletedNothing: a deletion got a version although there was nothing to delete.
	DeletedNothing = "deleted-nothing"
	// Phantom: a value was found that nobody had yet put.
	Phantom = "phantom-read"
	// WrongValue: a version was found with another value than was put.
	WrongValue = "wrong-value"
	// StaleRead: a value was found after it had been replaced or deleted.
	StaleRead = "stale-read"
	// Missing: nothing was found where something had been put.
	Missing = "missing"
	// WrongMismatch: a change was refused although the version was the expected one.
	WrongMismatch = "wrong-mismatch"
)

var _ object.Explainer = (*store)(nil)

// Explain says what the versions of a few operations contradict.
func (s *store) Explain(ops []object.Op) (object.Account, bool) {
	ops = slices.Clone(ops)
	for i := range ops { // what was acknowledged only after the part is over
		ops[i].Maybe = ops[i].Maybe && s.classes[ops[i].Class].version == unknown
	}
	s.infer(ops)
	v := s.judge(ops)
	if !v.illegal() {
		return object.Account{}, false
	}
	culprit := v.did(v.culprit)
	short, text := v.tell(&s.classes[ops[v.culprit].Class], capital(culprit))
	a := object.Account{Anomaly: v.anomaly, Short: object.Brief(s, s.calls, ops[v.culprit]) + short, Text: text, Culprits: []int{v.culprit}}
	if len(v.witness) > 1 {
		a.Culprits = append(a.Culprits, v.witness[1])
	}
	return a, true
}

// tell continues a clause about the culprit, and tells all of it.
func (v *verdict) tell(c *class, culprit string) (short, text string) {
	switch v.anomaly {
	case VersionTwice:
		return ", which another change has got too",
			fmt.Sprintf("%s, and %s. Each change has a version of its own.", culprit, v.did(v.witness[1]))
	case VersionNotGrowing:
		return ", although a greater one had been given out",
			fmt.Sprintf("%s. But this was over before the former began, and its version is greater: %s.", culprit, v.did(v.witness[1]))
	case LostUpdate:
		return ", which was not so any more", fmt.Sprintf("%s. But that was not so any more, or not yet: %s", culprit, v.rest("by their versions, these came right before it: "))
	case DeletedNothing:
		return ", although there was none", fmt.Sprintf("%s. But there was nothing to delete: %s", culprit, v.rest("by their versions, these came right before it: "))
	case Phantom:
		return ", which nobody had put by then", fmt.Sprintf("%s. But %s", culprit, v.later(c))
	case WrongValue:
		return ", which is not what was put", fmt.Sprintf("%s. But that version is another's: %s.", culprit, v.did(v.witness[1]))
	case StaleRead:
		return ", which had been replaced by then", fmt.Sprintf("%s. That was out of date: %s", culprit, v.rest("the versions say what came before the former began: "))
	case Missing:
		return ", although there was something", fmt.Sprintf("%s. But at no moment of that call was there nothing: %s", culprit, v.rest("the versions say what was there: "))
	}
	return ", which it was", fmt.Sprintf("%s. But at no moment of that call was there another version: %s", culprit, v.rest("the versions say what was there: "))
}

// later tells who put what was found too early, if anybody ever did.
func (v *verdict) later(c *class) string {
	for _, op := range v.store.ops {
		if d := &v.store.classes[op.Class]; d.changes() && d.version == c.version {
			return fmt.Sprintf("it has got that version only after that: %s.", object.Did(v.store, v.store.calls, op))
		}
	}
	return "no operation of the whole run has got that version."
}

// rest tells of the others that show a contradiction.
func (v *verdict) rest(lead string) string {
	if len(v.witness) == 1 {
		return "no operation of the whole run can have put that there by then."
	}
	var all []string
	for _, i := range v.witness[1:] {
		all = append(all, v.did(i))
	}
	return lead + strings.Join(all, "; ") + "."
}

func (v *verdict) did(i int) string { return object.Did(v.store, v.store.calls, v.ops[i]) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
