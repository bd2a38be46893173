package conform

import (
	"context"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/targets/internal/real"
	"github.com/assaykit/assay/workloads"
)

// taken is how long somebody is waited for who holds a lock.
const taken = time.Second

// Locks takes two clients and a lock that is free, and leaves it free. Fenced says that the
// tokens grow.
func Locks[C workloads.Lock](t *testing.T, lock string, fenced bool, a, b C) {
	t.Helper()
	ctx := t.Context()
	held, first, err := a.Acquire(ctx, lock)
	real.Expect(t, "acquire", err, held, true)
	soon, cancel := context.WithTimeout(ctx, taken)
	defer cancel()
	held, _, err = b.Acquire(soon, lock)
	real.Expect(t, "acquire what is held", err, held, false)
	released, err := b.Release(ctx, lock)
	real.Expect(t, "release what another one holds", err, released, false)
	released, err = a.Release(ctx, lock)
	real.Expect(t, "release", err, released, true)
	held, second, err := b.Acquire(ctx, lock)
	real.Expect(t, "acquire what was released", err, held, true)
	if fenced && second <= first {
		t.Errorf("the tokens %d and then %d do not grow", first, second)
	}
	released, err = b.Release(ctx, lock)
	real.Expect(t, "release again", err, released, true)
}
