package raft

import (
	"fmt"

	"github.com/assaykit/assay/harness/actor"
)

var _ actor.Describer[State] = Actor{}

// Describe implements actor.Describer: who leads, as far as the node knows.
func (Actor) Describe(s *State) string {
	switch {
	case s.Role == LeaderRole:
		return fmt.Sprintf("leads term %d", s.Term)
	case s.Role == CandidateRole:
		return fmt.Sprintf("wants to lead term %d", s.Term)
	case s.Leader != "":
		return fmt.Sprintf("follows %s in term %d", s.Leader, s.Term)
	}
	return fmt.Sprintf("knows no leader, term %d", s.Term)
}
