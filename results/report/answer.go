package report

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

// answer is what stands first: what was promised, by whom, and what was seen.
type answer struct {
	// Promise is what the workload puts to the test.
	Promise string
	Claims  []claimView
	// MoreClaims is how many claims are not shown.
	MoreClaims int
	// Seen counts the findings by name; Rest is what else the verdict says.
	Seen []seen
	Rest []string
}

// claimView is what the system's vendor says.
type claimView struct {
	Promise string
	// Page is the address that says so; a link only if it is one of the web.
	Page string
	Web  bool
	// Unless are the settings under which alone it is promised, if the run had
	// others.
	Unless string
}

// webPage is an address that one can follow without a second thought.
var webPage = regexp.MustCompile(`^https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9/._~%#=?&+:-]*)?$`)

type seen struct {
	Anomaly, Count, Meaning string
}

const (
	mostClaims = 3
	mostSeen   = 6
	mostClause = 400
	// longReason is how long a reason may be that is one sentence.
	longReason = 110
)

func newAnswer(in Input) answer {
	_, rest := clauses(in)
	a := answer{Promise: capital(tidy(in.Run.Promise, 300)), Seen: countSeen(everyFinding(in.Verdict)), Rest: rest}
	claims := in.Run.Claims
	if slices.ContainsFunc(claims, func(c results.Claim) bool { return c.Applies }) {
		claims = slices.DeleteFunc(slices.Clone(claims), func(c results.Claim) bool { return !c.Applies })
	}
	for _, c := range claims[:min(len(claims), mostClaims)] {
		a.Claims = append(a.Claims, newClaimView(c))
	}
	a.MoreClaims = len(claims) - len(a.Claims)
	return a
}

func newClaimView(c results.Claim) claimView {
	v := claimView{Promise: tidy(c.Promise, 200), Page: tidy(c.Page, 300)}
	v.Web = v.Page == c.Page && webPage.MatchString(c.Page)
	if !c.Applies {
		var settings []string
		for _, key := range slices.Sorted(maps.Keys(c.Settings)) {
			settings = append(settings, tidy(key, 60)+"="+tidy(c.Settings[key], 60))
		}
		v.Unless = strings.Join(settings, ", ")
	}
	return v
}

// countSeen counts the findings by name, in the order of gravity that they have.
func countSeen(findings []checkers.Finding) []seen {
	var names []string
	counts := map[string]int{}
	for _, f := range findings {
		if counts[f.Anomaly]++; counts[f.Anomaly] == 1 {
			names = append(names, f.Anomaly)
		}
	}
	var all []seen
	for _, name := range names[:min(len(names), mostSeen)] {
		all = append(all, seen{tidy(name, 60), checkers.Number(counts[name]), meanings[name]})
	}
	if more := len(names) - len(all); more > 0 {
		all = append(all, seen{Anomaly: fmt.Sprintf("and %s", checkers.Count(more, "other kind"))})
	}
	return all
}

// clauses take the reason of a verdict apart: the first one is the sentence at the
// top. A short reason stays whole.
func clauses(in Input) (first string, rest []string) {
	reason := reasonOf(in)
	if len(reason) <= longReason {
		return reason, nil
	}
	all := strings.Split(reason, "; ")
	for _, clause := range all[1:] {
		rest = append(rest, capital(clip(clause, mostClause)))
	}
	return all[0], rest
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
