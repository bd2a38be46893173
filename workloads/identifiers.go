package workloads

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	idchecker "github.com/assaykit/assay/checkers/identifiers"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

const generateIdentifier = "generate"

// finalIdentifiers is how many each client asks for at the end: those that a node
// gives out again come soon after it was restarted.
const finalIdentifiers = 50

var identifierOrder = cluster.Setting{
	Key: "order", Default: "none", About: "which identifiers grow",
	Choices: []cluster.Choice{
		{Value: "none", About: "none have to"},
		{Value: "per-process", About: "those that one client is given over one connection"},
		{Value: "real-time", About: "each is greater than all that were given out before"},
	},
}

type identifiers struct{}

// NewIdentifiers asks for identifiers and demands that none is given out twice.
//
// Operations: generate gives an integer.
func NewIdentifiers() Workload { return identifiers{} }

func (identifiers) Name() string { return "unique-ids" }

func (identifiers) About() string {
	return "ask for identifiers; none may be given out twice, and if it is promised they must grow"
}

func (identifiers) Settings() []cluster.Setting { return []cluster.Setting{identifierOrder} }

func (identifiers) Supports(c cluster.Client) error {
	_, err := asIdentifiers(c)
	return err
}

func asIdentifiers(c cluster.Client) (Identifiers, error) {
	return as[Identifiers](c, "unique-ids", "identifiers")
}

func (w identifiers) Generator(cfg Config) (generator.Generator, error) {
	_, err := w.Checker(cfg)
	return generator.Forever(func() history.Op { return history.Op{F: generateIdentifier} }), err
}

func (identifiers) Final(_ Config, sofar *history.History, _ int) generator.Generator {
	if len(sofar.Ops) == 0 {
		return generator.Ops()
	}
	final := func() history.Op { return history.Op{F: generateIdentifier, Final: true} }
	return generator.Limit(finalIdentifiers, generator.Forever(final))
}

func (identifiers) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asIdentifiers(c)
	if err != nil {
		return op.Value, err
	}
	if op.F != generateIdentifier {
		return op.Value, unknown("unique-ids", op, generateIdentifier)
	}
	id, err := client.Generate(ctx)
	if err != nil {
		return op.Value, err
	}
	return history.Int(int(id)), nil
}

func (identifiers) Checker(cfg Config) (checkers.Checker, error) {
	kept, err := choice(cfg, identifierOrder)
	if err != nil {
		return nil, err
	}
	for i, c := range identifierOrder.Choices {
		if c.Value == kept {
			return idchecker.New(idchecker.Order(i)), nil
		}
	}
	return nil, fmt.Errorf("no order is called %q", kept)
}
