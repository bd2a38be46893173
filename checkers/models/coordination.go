package models

import (
	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/consensus"
	"github.com/assaykit/assay/checkers/leader"
	"github.com/assaykit/assay/checkers/watch"
)

// atEachTime is the choice that two nodes do not lead at one time either.
const atEachTime = "time"

var leaderExpect = Setting{
	Key: "expect", Default: "term", About: "when there is at most one leader",
	Choices: []Choice{{"term", "in each term"}, {atEachTime, "also at each time"}},
}

// coordinationModels judge what nodes agree on.
func coordinationModels() []Model {
	return []Model{
		{
			Name: "watch", About: "watched maps: put and delete, answered with a version, and watch after a version, answered with [version [[key value version] ...]]",
			New: func(Options) (checkers.Checker, error) { return watch.New(), nil },
		},
		{
			Name: "leader", About: "leadership: leads, answered with [leads term] by the node that was asked",
			Settings: []Setting{leaderExpect},
			New: func(o Options) (checkers.Checker, error) {
				if o.of(leaderExpect) == atEachTime {
					return leader.New(leader.AtEachTime()), nil
				}
				return leader.New(), nil
			},
		},
		{
			Name: "consensus", About: "instances of consensus: propose, answered with what was decided, and learn of it, or null",
			names: map[string]string{"decide": "propose", "read": "learn"},
			New:   func(Options) (checkers.Checker, error) { return consensus.New(), nil },
		},
	}
}
