package report

import (
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

func TestClaimsThatApplyStandAlone(t *testing.T) {
	strong := results.Claim{Promise: "linearizable", Page: "https://example.com/docs#reads", Settings: map[string]string{"reads": "slow"}}
	weak := results.Claim{Promise: "eventual", Page: "harness/protocols/raft", Applies: true}
	a := newAnswer(Input{Run: results.Run{Claims: []results.Claim{strong, weak}}})
	if len(a.Claims) != 1 || a.Claims[0].Promise != "eventual" || a.Claims[0].Unless != "" || a.Claims[0].Web {
		t.Errorf("claims %+v", a.Claims)
	}
	a = newAnswer(Input{Run: results.Run{Claims: []results.Claim{strong}}})
	if len(a.Claims) != 1 || a.Claims[0].Unless != "reads=slow" || !a.Claims[0].Web {
		t.Errorf("claims %+v", a.Claims)
	}
}

func TestOnlyAddressesOfPagesAreLinks(t *testing.T) {
	for page, want := range map[string]bool{
		"https://www.postgresql.org/docs/15/transaction-iso.html": true,
		"https://etcd.io/docs/v3.5/learning/api_guarantees/#a":    true,
		"http://example.com/": false, "javascript:alert(1)": false, "https://": false, "https://localhost": false,
		"https://user@example.com/": false, "https://example.com/\"onclick=": false, "https://example.com/\u202e": false,
	} {
		if v := newClaimView(results.Claim{Page: page}); v.Web != want {
			t.Errorf("%q: a link %v", page, v.Web)
		}
	}
}

func TestALongReasonIsTakenApart(t *testing.T) {
	long := strings.Repeat("first ", 30) + "sentence; and a second one; third"
	in := Input{Verdict: checkers.Verdict{Reason: long}}
	first, rest := clauses(in)
	if !strings.HasSuffix(first, "sentence") || len(rest) != 2 || rest[0] != "And a second one" {
		t.Errorf("%q, %q", first, rest)
	}
	in.Verdict.Reason = "short; but two"
	if first, rest := clauses(in); first != "short; but two" || rest != nil {
		t.Errorf("%q, %q", first, rest)
	}
}

func TestFindingsAreCountedByName(t *testing.T) {
	var findings []checkers.Finding
	for _, name := range []string{"lost", "stale-read", "lost", "a", "b", "c", "d", "e", "f"} {
		findings = append(findings, checkers.Finding{Anomaly: name})
	}
	all := countSeen(findings)
	if len(all) != mostSeen+1 || all[0].Anomaly != "lost" || all[0].Count != "2" || all[0].Meaning == "" || all[mostSeen].Anomaly != "and 2 other kinds" {
		t.Errorf("%+v", all)
	}
}

// Whoever asks for something else than is claimed is told so, as long as that was not
// kept.
func TestThatSomethingElseWasAskedIsTold(t *testing.T) {
	claim := results.Claim{Promise: "read committed", Applies: true, Check: map[string]string{"expect": "read-committed"}}
	for _, c := range []struct {
		validity checkers.Validity
		settings map[string]string
		claims   []results.Claim
		told     bool
	}{
		{checkers.Invalid, nil, []results.Claim{claim}, true},
		{checkers.Invalid, map[string]string{"expect": "serializable"}, []results.Claim{claim}, true},
		{checkers.Invalid, map[string]string{"expect": "read-committed"}, []results.Claim{claim}, false},
		{checkers.Valid, nil, []results.Claim{claim}, false},
		{checkers.Invalid, nil, []results.Claim{{Promise: "linearizable", Applies: true}}, false},
		{checkers.Invalid, nil, []results.Claim{claim, {Promise: "linearizable", Applies: true}}, false},
		{checkers.Invalid, nil, []results.Claim{{Promise: "read committed", Check: claim.Check}}, false},
	} {
		var text strings.Builder
		in := Input{Run: results.Run{Settings: c.settings, Claims: c.claims}, Verdict: checkers.Verdict{Validity: c.validity}}
		if err := Text(&text, in); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(strings.Join(strings.Fields(text.String()), " "), "claims read committed. A run with --set expect=read-committed asks for that, which this one did not."); told != c.told {
			t.Errorf("%v with %v, %+v:\n%s", c.validity, c.settings, c.claims, &text)
		}
	}
}
