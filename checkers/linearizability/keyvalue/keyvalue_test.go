package keyvalue_test

import (
	"flag"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/internal/cases"
	"github.com/assaykit/assay/checkers/linearizability/keyvalue"
	"github.com/assaykit/assay/checkers/linearizability/object"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// types are those that cases begin their names with.
var types = map[byte]object.Type{'k': keyvalue.Versions(), 'm': keyvalue.Revisions(), 's': keyvalue.Strings()}

func TestKnownHistories(t *testing.T) {
	by := func(c cases.Case) checkers.Checker { return linearizability.New(types[c.Name[0]]) }
	cases.Check(t, by, *update, known)
}

var known = []struct{ Name, Want, History string }{
	{"key: put, replaced, deleted", "valid", `
		1 invoke get
		1 ok get null
		0 invoke put "a"
		0 ok put 4
		0 invoke put-if [4,"b"]
		0 ok put-if 7
		1 invoke get
		1 ok get ["b",7]
		0 invoke delete
		0 ok delete 9
		1 invoke get
		1 ok get null
		0 invoke put-if [0,"c"]
		0 ok put-if 11`},
	{"key: keys of their own", "valid", `
		0 invoke put 1 key=a
		0 ok put 9 key=a
		0 invoke put 1 key=b
		0 ok put 3 key=b`},
	{"key: a crashed put whose value was found", "valid", `
		0 invoke put 1
		0 info put 1 !timeout
		1 invoke get
		1 ok get [1,5]
		1 invoke put 2
		1 ok put 6`},
	{"key: a crashed put may have come before a deletion", "valid", `
		0 invoke put 1
		1 invoke delete
		1 ok delete 6
		0 info put 1 !timeout`},
	{"key: a crashed delete may have come before", "valid", `
		0 invoke put 1
		0 ok put 5
		1 invoke delete
		1 info delete !timeout
		2 invoke get
		2 ok get null`},
	{"key: other versions, in turn", "valid", `
		0 invoke put-if [0,1]
		0 ok put-if 5
		1 invoke put-if [0,2]
		1 fail put-if [0,2] !mismatch
		1 invoke put-if [5,2]
		1 ok put-if 6`},
	{"key: one version for two", "version-twice", `
		0 invoke put 1
		0 ok put 5
		1 invoke put 2
		1 ok put 5`},
	{"key: a smaller version later", "version-not-growing", `
		0 invoke put 1 key=k node=n1
		0 ok put 5 key=k node=n1
		1 invoke put 2 key=k node=n2
		1 ok put 4 key=k node=n2`},
	{"key: a lost update", "lost-update", `
		0 invoke put 1
		0 ok put 5
		0 invoke put-if [5,2]
		1 invoke put-if [5,3]
		0 ok put-if 6
		1 ok put-if 7`},
	{"key: replaced a version that never was", "lost-update", `
		0 invoke put 1
		0 ok put 5
		0 invoke put-if [4,2]
		0 ok put-if 6`},
	{"key: deleted twice", "deleted-nothing", `
		0 invoke put 1
		0 ok put 5
		0 invoke delete
		0 ok delete 6
		1 invoke delete
		1 ok delete 7`},
	{"key: a version of nobody", "phantom-read", `
		0 invoke put 1
		0 ok put 5
		1 invoke get
		1 ok get [1,4]`},
	{"key: found before it was put", "phantom-read", `
		1 invoke get
		1 ok get [1,5]
		0 invoke put 1
		0 ok put 5`},
	{"key: another value", "wrong-value", `
		0 invoke put 1
		0 ok put 5
		1 invoke get
		1 ok get [2,5]`},
	{"key: a stale value", "stale-read", `
		0 invoke put 1
		0 ok put 5
		0 invoke put 2
		0 ok put 6
		1 invoke get
		1 ok get [1,5]`},
	{"key: back to an older value", "stale-read", `
		0 invoke put 1
		0 ok put 5
		0 invoke put 2
		1 invoke get
		1 ok get [2,6]
		1 invoke get
		1 ok get [1,5]
		0 ok put 6`},
	{"key: missing", "missing", `
		0 invoke put 1
		0 ok put 5
		1 invoke get
		1 ok get null`},
	{"key: refused for no reason", "wrong-mismatch", `
		0 invoke put 1
		0 ok put 5
		1 invoke put-if [5,2]
		1 fail put-if [5,2] !mismatch`},
	{"key: nothing", "unknown", ``},
	{"key: an answer without a version", "unknown", `
		0 invoke put 1
		0 ok put "done"`},
	{"key: half an answer", "unknown", `
		0 invoke get key=k
		0 ok get [1] key=k`},
	{"key: another operation", "unknown", `
		0 invoke scan
		0 ok scan []`},
	{"map: one revision for all keys", "valid", `
		0 invoke put 1 key=a
		0 ok put 5 key=a
		0 invoke put 1 key=b
		0 ok put 6 key=b
		1 invoke get key=a
		1 ok get [1,5,6] key=a
		1 invoke get key=c
		1 ok get [null,0,8] key=c`},
	{"map: revisions of two keys not growing", "version-not-growing", `
		0 invoke put 1 key=a
		0 ok put 9 key=a
		0 invoke put 1 key=b
		0 ok put 3 key=b`},
	{"map: a revision that was over", "stale-read", `
		0 invoke put 1 key=a
		0 ok put 5 key=a
		0 invoke put 1 key=b
		0 ok put 6 key=b
		1 invoke get key=a
		1 ok get [1,5,5] key=a`},
	{"map: two keys, in two orders", "stale-read", `
		0 invoke put 1 key=a
		0 ok put 5 key=a
		0 invoke put 2 key=a
		0 ok put 6 key=a
		1 invoke put 1 key=b
		2 invoke get key=b
		2 ok get [1,7] key=b
		2 invoke get key=a
		2 ok get [1,5] key=a
		1 ok put 7 key=b`},
	{"map: nothing at a revision", "missing", `
		0 invoke put 1 key=a
		1 invoke get key=a
		0 ok put 5 key=a
		1 ok get [null,0,7] key=a`},
	{"string: put and appended", "valid", `
		0 invoke put "a"
		0 ok put "a"
		0 invoke append "b"
		1 invoke append "c"
		0 ok append
		1 ok append
		1 invoke get
		1 ok get "acb"`},
	{"string: empty", "valid", `
		1 invoke get
		1 ok get null`},
	{"string: an append is missing", "not-linearizable", `
		0 invoke append "a"
		0 ok append
		0 invoke append "b"
		0 ok append
		1 invoke get
		1 ok get "b"`},
	{"string: no string", "unknown", `
		0 invoke put 1
		0 ok put 1`},
}
