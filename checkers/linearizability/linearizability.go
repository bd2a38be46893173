// Package linearizability decides whether every operation of a history can have
// taken place at one moment between its invocation and its completion, so that
// each found what the ones before it left behind (Herlihy and Wing, 1990). Objects
// are judged one by one, which is enough for this promise; a search that outgrows
// its budget of time or memory ends as unknown, never as a guess.
//
// What objects do is said by data types, in the packages below: package object is
// what they have to know, trial decides about one object, search is the general
// engine. Whatever is called illegal has been confirmed by somebody else.
package linearizability

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/register"
)

// Register is a checker of integer registers, one for each key: see package
// register.
func Register() checkers.Checker { return New(register.Type()) }
