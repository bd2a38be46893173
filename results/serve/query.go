package serve

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/results/index"
)

// query is what somebody looks for in the table.
type query struct {
	Search                            string
	Target, Version, Workload, Faults string
	Status                            string
	From, To                          string
	Sort                              string
	Reverse                           bool
}

func newQuery(v url.Values) query {
	q := query{
		Search: strings.TrimSpace(v.Get("q")), Target: v.Get("target"), Version: v.Get("version"), Workload: v.Get("workload"),
		Faults: v.Get("faults"), Status: v.Get("verdict"), From: v.Get("from"), To: v.Get("to"),
		Sort: v.Get("sort"), Reverse: v.Get("reverse") != "",
	}
	if orders[q.Sort] == nil {
		q.Sort = "time"
	}
	return q
}

// values are the query as an address has it; what is not asked for is left out.
func (q query) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"q": q.Search, "target": q.Target, "version": q.Version, "workload": q.Workload, "faults": q.Faults,
		"verdict": q.Status, "from": q.From, "to": q.To,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Sort != "time" {
		v.Set("sort", q.Sort)
	}
	if q.Reverse {
		v.Set("reverse", "1")
	}
	return v
}

// sortedBy is the address of the same runs in another order, or in the opposite one.
func (q query) sortedBy(column string) string {
	q.Reverse = q.Sort == column && !q.Reverse
	q.Sort = column
	return "/?" + q.values().Encode()
}

// orders are the columns by which the table can be sorted; equal ones keep the newest
// first.
var orders = map[string]func(a, b index.Run) int{
	"time":     func(a, b index.Run) int { return b.Started.Compare(a.Started) },
	"target":   func(a, b index.Run) int { return cmp.Compare(a.Target, b.Target) },
	"version":  func(a, b index.Run) int { return index.CompareVersions(b.Version, a.Version) },
	"workload": func(a, b index.Run) int { return cmp.Compare(a.Workload, b.Workload) },
	"faults":   func(a, b index.Run) int { return cmp.Compare(faultsOf(a), faultsOf(b)) },
	"verdict":  func(a, b index.Run) int { return rank(a.Status) - rank(b.Status) },
	"seed":     func(a, b index.Run) int { return cmp.Compare(a.Seed, b.Seed) },
	"took":     func(a, b index.Run) int { return cmp.Compare(took(b), took(a)) },
}

func rank(s index.Status) int { return slices.Index(index.Statuses(), s) }

// apply gives the runs that are looked for, in the order that is asked for.
func (q query) apply(runs []index.Run) []index.Run {
	words := strings.Fields(strings.ToLower(q.Search))
	found := slices.DeleteFunc(slices.Clone(runs), func(r index.Run) bool { return !q.matches(r, words) })
	order := orders[q.Sort]
	slices.SortStableFunc(found, func(a, b index.Run) int {
		if q.Reverse {
			return order(b, a)
		}
		return order(a, b)
	})
	return found
}

func (q query) matches(r index.Run, words []string) bool {
	for _, c := range [][2]string{{q.Target, r.Target}, {q.Version, versionOf(r)}, {q.Workload, r.Workload}, {q.Status, string(r.Status)}} {
		if c[0] != "" && c[0] != c[1] {
			return false
		}
	}
	if q.Faults != "" && !slices.Contains(families(r), q.Faults) {
		return false
	}
	day := r.Started.UTC().Format(time.DateOnly)
	if q.From != "" && day < q.From || q.To != "" && day > q.To {
		return false
	}
	text := haystack(r)
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// haystack is everything that one may remember of a run.
func haystack(r index.Run) string {
	parts := []string{r.ID, r.Target, versionOf(r), r.Workload, faultsOf(r), string(r.Status), r.Image, r.Runtime, fmt.Sprint("seed ", r.Seed), r.Verdict.Reason, r.Problem}
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		parts = append(parts, key+"="+r.Settings[key])
	}
	for _, a := range r.Verdict.Anomalies {
		parts = append(parts, a.Name)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

// noVersion stands for that of a run that does not tell it.
const noVersion = "–"

func versionOf(r index.Run) string { return cmp.Or(r.Version, noVersion) }

func faultsOf(r index.Run) string { return cmp.Or(r.Script, r.Nemesis, "none") }

// families are the kinds of faults that a run was under: partition and kill for
// "partition:leader+ring,kill". Of a script they are those that struck.
func families(r index.Run) []string {
	var all []string
	if r.Script == "" {
		for part := range strings.SplitSeq(cmp.Or(r.Nemesis, "none"), ",") {
			family, _, _ := strings.Cut(strings.TrimSpace(part), ":")
			all = append(all, family)
		}
	}
	for _, struck := range r.Verdict.Faults {
		family, _, _ := strings.Cut(struck, " ")
		all = append(all, family)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
