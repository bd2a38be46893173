// Package delivery: first draft by the lead so that the rest compiles; the
// checkers' engineer replaces this file as a whole.
package delivery

import (
	"context"
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

type Profile string

const (
	AtMostOnce  Profile = "at-most-once"
	AtLeastOnce Profile = "at-least-once"
	ExactlyOnce Profile = "exactly-once"
)

func ParseProfile(s string) (Profile, error) {
	switch p := Profile(s); p {
	case AtMostOnce, AtLeastOnce, ExactlyOnce:
		return p, nil
	}
	return "", fmt.Errorf("profile %q: choose at-most-once, at-least-once or exactly-once", s)
}

type draft struct{ profile Profile }

func New(p Profile) checkers.Checker { return draft{p} }
func (d draft) Name() string         { return "delivery" }
func (d draft) About() string        { return "messages lost, duplicated, reordered or invented" }

func (d draft) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: d.Name(), Validity: checkers.Valid, Reason: "draft: no duplicate, none lost"}
	got := map[int]int{}
	unknown := 0
	for _, c := range h.Calls() {
		if c.F == "receive" && c.Type == history.OK && !c.Out.IsNil() {
			n, _ := c.Out.Int()
			if first, twice := got[n]; twice {
				v.Validity = checkers.Invalid
				v.Findings = append(v.Findings, checkers.Finding{Anomaly: "duplicated", Text: fmt.Sprintf("%d received twice", n), Culprits: []int{first, c.Invoke}, Context: []int{first, c.Invoke}})
			}
			got[n] = c.Invoke
		}
		if c.F == "receive" && c.Type == history.Info {
			unknown++
		}
	}
	var lost []history.Call
	for _, c := range h.Calls() {
		if n, _ := c.In.Int(); c.F == "send" && c.Type == history.OK {
			if _, ok := got[n]; !ok {
				lost = append(lost, c)
			}
		}
	}
	if len(lost) > unknown {
		v.Validity = checkers.Invalid
		v.Findings = append(v.Findings, checkers.Finding{Anomaly: "lost", Text: fmt.Sprintf("%d lost, %d unknown receives", len(lost), unknown), Culprits: []int{lost[0].Invoke}, Context: []int{lost[0].Invoke}})
	}
	if len(v.Findings) > 0 {
		v.Reason = v.Findings[0].Text
	}
	return v, nil
}
