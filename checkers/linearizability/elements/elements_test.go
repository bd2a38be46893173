package elements_test

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/elements"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := linearizability.New(elements.Type()).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKnownHistories(t *testing.T) {
	cases.Check(t, func(cases.Case) checkers.Checker { return linearizability.New(elements.Type()) }, *update, known)
}

var known = []struct{ Name, Want, History string }{
	{"added, found, removed, not found", "valid", `
		0 invoke add 1
		0 ok add true
		1 invoke contains 1
		1 ok contains true
		0 invoke remove 1
		0 ok remove true
		1 invoke contains 1
		1 ok contains false`},
	{"changes that do not tell whether they changed anything", "valid", `
		0 invoke add "a"
		0 ok add "a"
		0 invoke add "a"
		0 ok add "a"
		0 invoke remove "a"
		0 ok remove
		1 invoke contains "a"
		1 ok contains false`},
	{"there already, and not there", "valid", `
		0 invoke remove 1
		0 fail remove 1 !mismatch
		0 invoke add 1
		0 ok add true
		0 invoke add 1
		0 ok add false`},
	{"elements, and sets, of their own", "valid", `
		0 invoke add 1 key=a
		0 ok add true key=a
		0 invoke add "1" key=a
		0 ok add true key=a
		1 invoke contains 2 key=a
		1 ok contains false key=a
		1 invoke contains 1 key=b
		1 ok contains false key=b`},
	{"a crashed add may come late", "valid", `
		0 invoke add 1
		0 info add 1 !timeout
		1 invoke contains 1
		1 ok contains false
		1 invoke contains 1
		1 ok contains true`},
	{"a crashed remove may come late, or never", "valid", `
		0 invoke add 1
		0 ok add true
		1 invoke remove 1
		1 info remove 1 !timeout
		2 invoke contains 1
		2 ok contains true
		2 invoke add 1
		2 ok add true`},
	{"lost", "lost", `
		0 invoke add 7 node=n1 key=s at=1s
		0 ok add 7 node=n1 key=s at=2s
		1 invoke contains 7 node=n2 key=s at=3s
		1 ok contains false node=n2 key=s at=4s`},
	{"lost, when it had been removed before", "lost", `
		0 invoke add 7
		0 ok add true
		0 invoke remove 7
		0 ok remove true
		0 invoke add 7
		0 ok add true
		1 invoke remove 7
		1 ok remove false`},
	{"never added", "phantom", `
		1 invoke contains 7
		1 ok contains true`},
	{"only refused", "phantom", `
		0 invoke add 7
		0 fail add 7 !no leader
		1 invoke remove 7
		1 ok remove true`},
	{"found before it was added", "phantom", `
		1 invoke contains 7
		1 ok contains true
		0 invoke add 7
		0 ok add true`},
	{"there again", "resurrected", `
		0 invoke add 7
		0 ok add true
		0 invoke remove 7
		0 ok remove true
		1 invoke contains 7
		1 ok contains true`},
	{"added twice", "added-twice", `
		0 invoke add 7
		0 ok add true
		1 invoke add 7
		1 ok add true`},
	{"removed twice", "removed-twice", `
		0 invoke add 7
		0 ok add true
		0 invoke remove 7
		0 ok remove true
		1 invoke remove 7
		1 ok remove true`},
	{"removed twice at the same time", "not-linearizable", `
		0 invoke add 7
		0 ok add true
		0 invoke remove 7
		1 invoke remove 7
		0 ok remove true
		1 ok remove true`},
	{"nothing", "unknown", ``},
	{"an element that is a list", "unknown", `
		0 invoke add [1]
		0 ok add true`},
	{"an answer that is none", "unknown", `
		0 invoke contains 1 key=s
		0 ok contains 1 key=s`},
	{"another operation", "unknown", `
		0 invoke read 1
		0 ok read 1`},
}
