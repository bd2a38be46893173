package session_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := session.New(session.Options{}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// known are histories and their verdicts: valid, unknown, or the anomalies in the
// order of the findings.
var known = []struct{ name, want, text string }{
	{"everything in order", "valid", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke read
		0 ok read 2
		0 invoke read
		0 ok read 2
		0 invoke write 3
		0 ok write 3`},
	{"other sessions may lag", "valid", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke read
		0 ok read 2
		1 invoke read
		1 ok read null
		1 invoke read
		1 ok read 1
		1 invoke write 3
		1 ok write 3`},
	{"no session did two things", "unknown", `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 1`},
	{"its own write is not there", "not-read-your-writes", `
		0 invoke write 1 node=n1 key=k3
		0 ok write 1 node=n1 key=k3
		0 invoke read node=n2 key=k3
		0 ok read null node=n2 key=k3`},
	{"back to nothing", "not-monotonic-reads", `
		0 invoke write 1
		0 info write 1 !timeout
		1 invoke read
		1 ok read 1
		1 invoke read
		1 ok read null`},
	{"two sessions that read in different orders", "not-monotonic-reads", `
		0 invoke write 1
		1 invoke write 2
		2 invoke read
		2 ok read 1
		2 invoke read
		2 ok read 2
		3 invoke read
		3 ok read 2
		3 invoke read
		3 ok read 1`},
	{"forth and back", "not-monotonic-reads", `
		0 invoke write 1
		1 invoke write 2
		2 invoke read
		2 ok read 1
		2 invoke read
		2 ok read 2
		2 invoke read
		2 ok read 1`},
	{"both of its writes twice in turn", "not-read-your-writes", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke read
		0 ok read 1
		0 invoke read
		0 ok read 2`},
	{"compare-and-sets tell the order of versions", "not-monotonic-reads", `
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2]
		1 info cas [1,2] !timeout
		2 invoke cas [2,3]
		2 ok cas [2,3]
		3 invoke read
		3 ok read 3
		3 invoke read
		3 ok read 1`},
	{"it replaced what came before its write", "session-order", `
		0 invoke read
		0 ok read null
		0 invoke write 1
		0 ok write 1
		1 invoke cas [1,2]
		1 ok cas [1,2]
		1 invoke write 3
		1 ok write 3
		1 invoke cas [2,4]
		1 ok cas [2,4]`},
	{"seen in the order in which they were not written", "session-order", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		1 invoke read
		1 ok read 2
		1 invoke read
		1 ok read 1`},
	{"what was there before its write comes back", "session-order", `
		0 invoke write 1
		0 ok write 1
		1 invoke read
		1 ok read 1
		1 invoke write 2
		1 ok write 2
		1 invoke read
		1 ok read 1`},
	{"of a write of unknown outcome a session knows nothing", "unknown", `
		0 invoke write 1
		0 info write 1 !timeout
		1 invoke read
		1 ok read 1
		2 invoke read
		2 ok read null`},
	{"a value that two have written", "unknown", `
		0 invoke write 1
		0 ok write 1
		1 invoke write 1
		1 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke read
		0 ok read 1
		0 invoke write 3
		0 ok write 3
		0 invoke read
		0 ok read 3`},
	{"a value that two have written hides nothing else", "not-read-your-writes", `
		0 invoke write 1
		0 ok write 1
		1 invoke write 1
		1 ok write 1
		0 invoke read
		0 ok read 1
		0 invoke read
		0 ok read null`},
	{"two that replaced each other", "circular-versions", `
		0 invoke cas [1,2]
		1 invoke cas [2,1]
		0 ok cas [1,2]
		1 ok cas [2,1]`},
	{"nobody wrote it", "phantom-read", `
		0 invoke read
		0 ok read 7`},
	{"its write had failed", "dirty-read", `
		0 invoke write 7
		0 fail write 7 !refused
		1 invoke read
		1 ok read 7`},
	{"written only later", "phantom-read", `
		1 invoke read
		1 ok read 7
		0 invoke write 7
		0 ok write 7`},
	{"no integer", "unknown", `
		0 invoke write {"a":[1]} key=k
		0 ok write {"a":[1]} key=k`},
	{"no pair", "unknown", `
		0 invoke cas 1
		0 ok cas 1`},
	{"no operation of registers", "unknown", `
		0 invoke send 1
		0 ok send 1`},
	{"nothing", "unknown", ``},
}

func TestKnownHistories(t *testing.T) {
	var explained strings.Builder
	for _, c := range known {
		h := script.Parse(t, c.text)
		got := check(t, h)
		want := []string{c.want}
		if words := summary(got); !slices.Equal(words, want) {
			t.Errorf("%s: %v: %s, want %v", c.name, words, got.Reason, want)
		}
		if got.Validity == checkers.Invalid {
			script.PointsAtCalls(t, h, got)
		}
		explained.WriteString(script.Explained(c.name, got))
	}
	script.Golden(t, "testdata/explanations.txt", explained.String(), *update)
}

// summary is the validity, or the anomalies of an invalid verdict.
func summary(v checkers.Verdict) []string {
	if v.Validity != checkers.Invalid {
		return []string{v.Validity.String()}
	}
	var words []string
	for _, f := range v.Findings {
		words = append(words, f.Anomaly)
	}
	return words
}

func TestASessionMayBeAClient(t *testing.T) {
	h := script.Parse(t, `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 info write 2 !timeout
		1 invoke read
		1 ok read null
		2 invoke read
		2 ok read null`)
	if got := check(t, h); got.Validity != checkers.Unknown {
		t.Errorf("processes: %v: %s", got.Validity, got.Reason)
	}
	got, err := session.New(session.Options{Clients: 2}).Check(t.Context(), h)
	if err != nil || !slices.Equal(summary(got), []string{"not-read-your-writes"}) {
		t.Errorf("clients: %v: %s, %v", got.Validity, got.Reason, err)
	}
	overlapping := script.Parse(t, `
		0 invoke write 1
		2 invoke write 2
		0 ok write 1
		2 ok write 2
		2 invoke read
		2 ok read null`)
	got, err = session.New(session.Options{Clients: 2}).Check(t.Context(), overlapping)
	if err != nil || got.Validity != checkers.Unknown {
		t.Errorf("a wrong number of clients: %v: %s, %v", got.Validity, got.Reason, err)
	}
}
