package lock_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/try"
	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/harness/history"
)

// clerk is a correct lock whose clients are sometimes lied to. Clients ask for what
// makes sense or not, and some of them share an owner's name.
type clerk struct {
	random  *rand.Rand
	permits int
	names   int
	lies    float64
	holders []string
	token   int
}

func (c *clerk) lie() bool { return c.random.Float64() < c.lies }

func (c *clerk) Next() history.Op {
	op := history.Op{F: []string{"acquire", "release"}[c.random.IntN(2)]}
	if c.names > 0 {
		op.Value = history.String(fmt.Sprint("o", c.random.IntN(c.names)))
	}
	return op
}

func (c *clerk) Effect(op history.Op) any {
	who := op.Value.String()
	if op.F == "acquire" {
		if len(c.holders) >= c.permits {
			return false
		}
		c.holders = append(c.holders, who)
		c.token += 1 + c.random.IntN(2)
		return c.token
	}
	at := slices.Index(c.holders, who)
	if at >= 0 {
		c.holders = slices.Delete(c.holders, at, at+1)
	}
	return at >= 0
}

func (c *clerk) Tell(op history.Op, answer any) (history.Type, history.Value, string) {
	if answer == false && !c.lie() {
		return history.Fail, op.Value, "refused"
	}
	token, _ := answer.(int)
	if c.lie() {
		token = c.random.IntN(c.token + 2)
	}
	return history.OK, history.Int(token), ""
}

// desk is a lock whose owners are the processes of its clients. It does not see who
// asks, and only counts, so that some of what it grants is wrong: not every client
// has what it gives back.
type desk struct {
	clerk
	free int
}

func (d *desk) Next() history.Op {
	return history.Op{F: []string{"acquire", "release"}[d.random.IntN(2)]}
}

// Effect counts.
func (d *desk) Effect(op history.Op) any {
	if op.F == "acquire" {
		if d.free == 0 {
			return false
		}
		d.free--
		return 1
	}
	if d.free == d.permits {
		return false
	}
	d.free++
	return 1
}

// aLock is one whose clients have names or not.
func aLock(random *rand.Rand, permits int) script.System {
	c := clerk{random: random, permits: permits, lies: []float64{0, 0, 0.1}[random.IntN(3)]}
	if random.IntN(2) == 0 {
		return &desk{clerk: c, free: permits}
	}
	c.names = 1 + random.IntN(3)
	return &c
}

func TestMutexAgainstAllOrders(t *testing.T) {
	seen := try.Random(t, 6000, lock.Mutex(), func(random *rand.Rand) script.System { return aLock(random, 1) })
	expect(t, seen, 5, 2)
}

func TestSemaphoreAgainstAllOrders(t *testing.T) {
	for permits := range 4 {
		t.Run(fmt.Sprint(permits), func(t *testing.T) {
			seen := try.Random(t, 1500, lock.Semaphore(permits), func(random *rand.Rand) script.System { return aLock(random, permits) })
			expect(t, seen, 20, 2)
		})
	}
}

func TestTokensAgainstAllOrders(t *testing.T) {
	seen := try.Random(t, 6000, lock.Tokens(), func(random *rand.Rand) script.System {
		return &clerk{random: random, permits: 100, lies: []float64{0, 0.2}[random.IntN(2)]}
	})
	expect(t, seen, 50, 1)
}

// expect says that at least one in so many histories was illegal, and that the
// monitor decided at least one in so many.
func expect(t *testing.T, seen *script.Tally, illegal, decided int) {
	t.Helper()
	all := seen.Of("legal") + seen.Of("illegal")
	if all > 1000 && (seen.Of("illegal")*illegal < all || seen.Of("legal")*2 < all/2 || seen.Of("decided")*decided < all) {
		t.Error("the histories are too much alike")
	}
}
