package protocols

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/protocols/byzantine"
	"github.com/assaykit/assay/harness/sim/explore"
)

// generalsWith is a system with a traitor, or with none.
type generalsWith struct {
	explore.System[byzantine.State, byzantine.Message]
	traitor actor.ID
}

// oneOf are systems of which one is the case, and nobody knows which: everything has
// to hold in each. They are explored one after the other, up to the first in which
// something is wrong.
type oneOf []generalsWith

// Explore implements explore.Explorer. What was counted is the sum over all of them,
// and the depth the greatest.
func (all oneOf) Explore(ctx context.Context, o explore.Options) (*explore.Result, error) {
	var sum *explore.Result
	for _, one := range all {
		result, err := one.Explore(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("with the traitor %s: %w", one.traitor, err)
		}
		sum = add(sum, result)
		if result.Validity() == checkers.Invalid {
			for i := range result.Properties {
				result.Properties[i].Reason += fmt.Sprintf(" (the traitor is %s)", one.traitor)
			}
		}
		sum.Properties = result.Properties
		if result.Validity() != checkers.Valid {
			break
		}
	}
	return sum, nil
}

// add adds what was counted.
func add(sum, next *explore.Result) *explore.Result {
	if sum == nil {
		return next
	}
	total := *next
	total.Unique += sum.Unique
	total.Generated += sum.Generated
	total.Depth = max(total.Depth, sum.Depth)
	total.Elapsed += sum.Elapsed
	total.Collision += sum.Collision
	total.Collisions += sum.Collisions
	total.Reactions += sum.Reactions
	total.Locals += sum.Locals
	total.Memory = max(total.Memory, sum.Memory)
	return &total
}
