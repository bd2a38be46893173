package workloads

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	leaderchecker "github.com/assaykit/assay/checkers/leader"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

const askLeader = "leads"

// finalQuestions is how often each node is asked at the end.
const finalQuestions = 5

const (
	perTermExpected = "term"
	perTimeExpected = "time"
)

var leaderExpect = cluster.Setting{
	Key: "expect", Default: perTermExpected, About: "when there is at most one leader",
	Choices: []cluster.Choice{
		{Value: perTermExpected, About: "in each term"},
		{Value: perTimeExpected, About: "also at each time: a leader knows that it is none before there is another"},
	},
}

type leader struct{}

// NewLeader asks each node, again and again, whether it leads, and demands that no
// two lead in one term.
//
// Operations: leads gives [leads term], a boolean and an integer.
func NewLeader() Workload { return leader{} }

func (leader) Name() string { return "leader" }

func (leader) About() string {
	return "ask each node whether it leads; at most one may in each term, and if it is promised at each time"
}

func (leader) Settings() []cluster.Setting { return []cluster.Setting{leaderExpect} }

func (leader) Supports(c cluster.Client) error {
	_, err := asLeadership(c)
	return err
}

func asLeadership(c cluster.Client) (Leadership, error) {
	return as[Leadership](c, "leader", "a way to ask a node whether it leads")
}

func (w leader) Generator(cfg Config) (generator.Generator, error) {
	_, err := w.Checker(cfg)
	return generator.Forever(func() history.Op { return history.Op{F: askLeader} }), err
}

func (leader) Final(_ Config, sofar *history.History, _ int) generator.Generator {
	if len(sofar.Ops) == 0 {
		return generator.Ops()
	}
	final := func() history.Op { return history.Op{F: askLeader, Final: true} }
	return generator.Limit(finalQuestions, generator.Forever(final))
}

func (leader) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asLeadership(c)
	if err != nil {
		return op.Value, err
	}
	if op.F != askLeader {
		return op.Value, unknown("leader", op, askLeader)
	}
	leads, term, err := client.Leads(ctx)
	if err != nil {
		return op.Value, err
	}
	return history.List(history.Bool(leads), history.Int(int(term))), nil
}

func (leader) Checker(cfg Config) (checkers.Checker, error) {
	expected, err := choice(cfg, leaderExpect)
	switch {
	case err != nil:
		return nil, err
	case expected == perTimeExpected:
		return leaderchecker.New(leaderchecker.AtEachTime()), nil
	case expected == perTermExpected:
		return leaderchecker.New(), nil
	}
	return nil, fmt.Errorf("nothing is expected that is called %q", expected)
}
