package lock_test

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// types are those that cases begin their names with.
var types = map[byte]object.Type{'m': lock.Mutex(), 's': lock.Semaphore(2), 't': lock.Tokens()}

func TestKnownHistories(t *testing.T) {
	by := func(c cases.Case) checkers.Checker { return linearizability.New(types[c.Name[0]]) }
	cases.Check(t, by, *update, known)
}

var known = []struct{ Name, Want, History string }{
	{"mutex: one after the other", "valid", `
		0 invoke acquire
		0 ok acquire
		0 invoke release
		1 invoke acquire
		1 ok acquire
		0 ok release`},
	{"mutex: a refused acquire holds nothing", "valid", `
		0 invoke acquire
		0 ok acquire
		1 invoke acquire
		1 fail acquire !busy`},
	{"mutex: a release that failed had no effect", "unknown", `
		0 invoke release
		0 fail release !not the owner`},
	{"mutex: who is told that he does not hold it holds it no more", "valid", `
		0 invoke acquire
		0 ok acquire
		0 invoke release
		0 fail release !mismatch
		1 invoke acquire
		1 ok acquire`},
	{"mutex: but he did until he was told", "double-hold", `
		0 invoke acquire
		0 ok acquire
		1 invoke acquire
		1 ok acquire
		0 invoke release
		0 fail release !mismatch`},
	{"mutex: a crashed acquire need not hold it", "valid", `
		0 invoke acquire
		0 info acquire !timeout
		1 invoke acquire
		1 ok acquire`},
	{"mutex: a crashed release may come late", "valid", `
		0 invoke acquire
		0 ok acquire
		0 invoke release
		0 info release !timeout
		1 invoke acquire
		1 ok acquire
		1 invoke release
		1 ok release`},
	{"mutex: a named owner goes on as another process", "valid", `
		0 invoke acquire "a"
		0 info acquire "a" !timeout
		1 invoke release "a"
		1 ok release "a"
		2 invoke acquire "b"
		2 ok acquire "b"`},
	{"mutex: two owners", "double-hold", `
		0 invoke acquire node=n1 key=k at=1s
		0 ok acquire node=n1 key=k at=2s
		1 invoke acquire node=n2 key=k at=3s
		1 ok acquire node=n2 key=k at=4s
		0 invoke release node=n1 key=k at=5s
		0 ok release node=n1 key=k at=6s
		1 invoke release node=n2 key=k at=7s
		1 ok release node=n2 key=k at=8s`},
	{"mutex: two owners, neither of whom lets go", "double-hold", `
		0 invoke acquire
		1 invoke acquire
		1 ok acquire
		0 ok acquire`},
	{"mutex: two owners, although one may have let go later", "double-hold", `
		0 invoke acquire
		0 ok acquire
		1 invoke acquire
		1 ok acquire
		0 invoke release
		0 info release !timeout`},
	{"mutex: once more for who has it", "double-hold", `
		0 invoke acquire
		0 ok acquire
		0 invoke acquire
		0 ok acquire`},
	{"mutex: never acquired", "wrong-release", `
		0 invoke release
		0 ok release`},
	{"mutex: released twice", "wrong-release", `
		0 invoke acquire
		0 ok acquire
		0 invoke release
		0 ok release
		0 invoke release
		0 ok release`},
	{"mutex: another owner's", "wrong-release", `
		0 invoke acquire "a"
		0 ok acquire "a"
		0 invoke release "b"
		0 ok release "b"`},
	{"mutex: an owner does two things at a time, and one of them twice", "not-linearizable", `
		0 invoke acquire "a"
		0 ok acquire "a"
		0 invoke release "a"
		1 invoke release "a"
		0 ok release "a"
		1 ok release "a"`},
	{"mutex: nothing", "unknown", ``},
	{"mutex: an owner that is a list", "unknown", `
		0 invoke acquire [1]
		0 ok acquire [1]`},
	{"mutex: another operation", "unknown", `
		0 invoke read
		0 ok read 1`},
	{"semaphore: two permits", "valid", `
		0 invoke acquire
		0 ok acquire
		1 invoke acquire
		1 ok acquire
		0 invoke release
		2 invoke acquire
		2 ok acquire
		0 ok release`},
	{"semaphore: both for one owner", "valid", `
		0 invoke acquire
		0 ok acquire
		0 invoke acquire
		0 ok acquire`},
	{"semaphore: three", "double-hold", `
		0 invoke acquire
		0 ok acquire
		1 invoke acquire
		2 invoke acquire
		1 ok acquire
		2 ok acquire
		0 invoke release
		0 ok release`},
	{"semaphore: more given back than taken", "wrong-release", `
		0 invoke acquire
		0 ok acquire
		0 invoke release
		0 ok release
		0 invoke release
		0 ok release`},
	{"tokens grow", "valid", `
		0 invoke acquire
		0 ok acquire 3
		0 invoke release
		0 ok release
		1 invoke acquire
		1 ok acquire [10000,7]`},
	{"tokens of acquires under way at the same time", "valid", `
		0 invoke acquire
		1 invoke acquire
		0 ok acquire 4
		1 ok acquire 3`},
	{"tokens: twice", "token-twice", `
		0 invoke acquire
		0 ok acquire 3
		1 invoke acquire
		1 ok acquire 3`},
	{"tokens: not growing", "token-not-growing", `
		0 invoke acquire
		0 ok acquire 4
		1 invoke acquire
		1 ok acquire 3`},
	{"tokens: none", "unknown", `
		0 invoke acquire
		0 ok acquire null`},
}
