package compare

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results/certificate"
)

// Certificates is what became of the claims of a target from one certificate to another.
type Certificates struct {
	Old         CertificateSummary `json:"old"`
	New         CertificateSummary `json:"new"`
	Differences []Difference       `json:"differences,omitempty"`
	Items       []Item             `json:"items"`
	Regressions []string           `json:"regressions"`
}

// CertificateSummary names a certificate.
type CertificateSummary struct {
	Path   string `json:"path"`
	Target string `json:"target"`
	Image  string `json:"image,omitempty"`
	Runs   int    `json:"runs"`
}

// Item is one thing that both certificates may tell.
type Item struct {
	// What names it: a claim under one kind of fault, a kind of partition, a delivery.
	What   string `json:"what"`
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
	Change Change `json:"change"`
	Why    string `json:"why,omitempty"`
}

// Regressed says that something got worse.
func (c Certificates) Regressed() bool { return len(c.Regressions) > 0 }

// CompareCertificates compares what two certificates say of the same target. Only what
// was found out counts; figures of single runs are shown by their own reports.
func CompareCertificates(oldPath, newPath string) (Certificates, error) {
	old, err := certificate.Read(oldPath)
	if err != nil {
		return Certificates{}, err
	}
	new, err := certificate.Read(newPath)
	if err != nil {
		return Certificates{}, err
	}
	c := Certificates{
		Old: CertificateSummary{oldPath, old.Target, old.Image, len(old.Runs)},
		New: CertificateSummary{newPath, new.Target, new.Image, len(new.Runs)},
	}
	if old.Target != new.Target {
		return c, fmt.Errorf("OLD is a certificate of %s, NEW one of %s: they claim different things", old.Target, new.Target)
	}
	c.Differences = certificateDifferences(old, new)
	c.Items = items(facts(old), facts(new))
	for _, i := range c.Items {
		if i.Change == Worse {
			c.Regressions = append(c.Regressions, fmt.Sprintf("%s: %s (%s, was %s)", i.What, i.Why, i.New, i.Old))
		}
	}
	return c, nil
}

func certificateDifferences(old, new *certificate.Certificate) []Difference {
	var all []Difference
	for _, d := range []Difference{
		{"image", old.Image + " " + old.ImageID, new.Image + " " + new.ImageID}, {"settings", words(old.Settings), words(new.Settings)},
		{"nodes", fmt.Sprint(old.Nodes), fmt.Sprint(new.Nodes)}, {"runtime", old.Runtime, new.Runtime},
		{"machine", old.Machine, new.Machine}, {"budget", old.Budget.String(), new.Budget.String()}, {"Assay", old.Assay, new.Assay},
	} {
		if d.Old != d.New {
			all = append(all, d)
		}
	}
	return all
}

// found is what a certificate says of one thing: how good that is, and in which words.
type found struct {
	rank int
	text string
}

// The ranks of what was found; more is better. Between broken and held are deliveries
// that promise less than exactly once: what comes twice is less bad than what is lost.
const (
	notKnown = iota
	broken
	atMostOnce
	atLeastOnce
	held
)

func ofStatus(s certificate.Status) found {
	ranks := map[certificate.Status]int{certificate.Held: held, certificate.Broken: broken}
	return found{ranks[s], string(s)}
}

func ofDelivery(observed string) found {
	ranks := map[string]int{"exactly once": held, "at least once": atLeastOnce, "at most once": atMostOnce, "neither": broken}
	return found{ranks[observed], observed}
}

func ofLoss(writes int) found {
	if writes == 0 {
		return found{held, "nothing lost"}
	}
	return found{broken, checkers.Count(writes, "write") + " lost"}
}

// facts are all that a certificate found out, by name.
func facts(c *certificate.Certificate) map[string]found {
	all := map[string]found{}
	for _, claim := range c.Claims {
		name := strings.TrimSpace(fmt.Sprintf("%s: %s %s", claim.Workload, claim.Promise, words(claim.Settings)))
		all[name] = ofStatus(claim.Status)
		for _, trial := range claim.Trials {
			all[name+", under "+trial.Faults] = ofStatus(trial.Status)
		}
	}
	for _, p := range c.Partitions {
		all["consistent under partition "+p.Kind] = ofStatus(p.Consistent)
		if p.Lost >= 0 {
			all["writes after partition "+p.Kind] = ofLoss(p.Lost)
		}
	}
	for _, d := range c.Deliveries {
		all[fmt.Sprintf("delivery of %s, %s, under %s", d.Workload, d.Client, d.Faults)] = ofDelivery(d.Observed)
	}
	return all
}

func words(settings map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		all = append(all, key+"="+settings[key])
	}
	return strings.Join(all, " ")
}

func items(old, new map[string]found) []Item {
	names := maps.Clone(old)
	maps.Copy(names, new)
	var all []Item
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, wasThere := old[name]
		after, isThere := new[name]
		i := Item{What: name, Old: before.text, New: after.text}
		switch {
		case !wasThere && after.rank == broken:
			i.Change, i.Why = Worse, "broken, and it was not tried before"
			i.Old = "not tried"
		case !wasThere || !isThere:
			i.Change, i.Why = Unjudged, "in one of the certificates only"
		default:
			i.Change, i.Why = turned(before, after)
		}
		all = append(all, i)
	}
	return all
}

func turned(before, after found) (Change, string) {
	switch {
	case after.rank == notKnown && before.rank == held:
		return Worse, "held before, and not proved any more"
	case after.rank == notKnown || before.rank == notKnown && after.rank != broken:
		return Same, ""
	case before.rank == notKnown:
		return Worse, "broken, which was not known before"
	case after.rank < before.rank:
		return Worse, "less than before"
	case after.rank > before.rank:
		return Better, "more than before"
	}
	return Same, ""
}

// Text writes the comparison for a terminal.
func (c Certificates) Text(w io.Writer) error {
	var b strings.Builder
	for _, side := range []struct {
		name string
		s    CertificateSummary
	}{{"OLD", c.Old}, {"NEW", c.New}} {
		fmt.Fprintf(&b, "%s  %s: certificate of %s, %s\n", side.name, side.s.Path, side.s.Target, checkers.Count(side.s.Runs, "run"))
	}
	b.WriteString("\n")
	var rows [][]string
	for _, d := range c.Differences {
		rows = append(rows, []string{d.What, d.Old, d.New, "differs", ""})
	}
	for _, i := range c.Items {
		rows = append(rows, []string{i.What, i.Old, i.New, i.Change.Loud(), i.Why})
	}
	columns(&b, rows)
	fmt.Fprintf(&b, "\n%s\n", conclusion(c.Regressions))
	for _, line := range c.Regressions {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
