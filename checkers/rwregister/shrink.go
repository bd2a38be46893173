package rwregister

import (
	"context"
	"time"

	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// shrink leaves out transactions for as long as the others still have no order. What
// is left has none without any of them, if there was time enough. result is the answer
// about these, in the numbers of the part.
func (q question) shrink(ctx context.Context, h *registers.History, whole *order.Result) (part *registers.History, result *order.Result) {
	left := whole.Core
	if part, result = q.broken(ctx, h, left); result == nil || whole.Same {
		return h, whole
	}
	for size := (len(left) + 1) / 2; size > 0; {
		smaller := false
		for from := 0; from < len(left) && ctx.Err() == nil; {
			rest := append(append([]int32(nil), left[:from]...), left[min(from+size, len(left)):]...)
			if p, r := q.broken(ctx, h, rest); r != nil {
				left, part, result, smaller = rest, p, r, true
				continue
			}
			from += size
		}
		if size == 1 && !smaller || ctx.Err() != nil {
			break
		}
		size = max(1, min(size, len(left))/2)
	}
	return part, result
}

// step is how long one attempt to leave something out may take.
const step = time.Second

// broken asks about some of the transactions. The result is nil if they have an order,
// or if that could not be told.
func (q question) broken(ctx context.Context, h *registers.History, txns []int32) (*registers.History, *order.Result) {
	ctx, cancel := context.WithTimeout(ctx, step)
	defer cancel()
	part := h.Part(txns)
	if r := order.Decide(ctx, part, q.kind, q.base, order.DefaultLimits); r.Answer == order.Broken {
		return part, &r
	}
	return nil, nil
}
