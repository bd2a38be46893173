package certificate

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

// Pairs are settings as one writes them: a=1 b=2.
func Pairs(settings map[string]string) string {
	var words []string
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		words = append(words, key+"="+settings[key])
	}
	return strings.Join(words, " ")
}

// Duration is a duration with its first three digits: 1.23 ms. None is a dash.
func Duration(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	unit := time.Duration(1)
	for d/unit >= 1000 || d/unit <= -1000 {
		unit *= 10
	}
	text := d.Round(unit).String()
	at := strings.IndexFunc(text, func(r rune) bool { return r != '-' && r != '.' && (r < '0' || r > '9') })
	if d >= time.Minute || at < 0 {
		return text
	}
	return text[:at] + " " + text[at:]
}

// String is "98% of 1,204".
func (s Share) String() string {
	if s.Calls == 0 {
		return "none asked"
	}
	return fmt.Sprintf("%d%% of %s", int(100*s.Of()), checkers.Number(s.Calls))
}

// LostText is how many acknowledged writes were gone after the heal.
func (p Partition) LostText() string {
	if p.Lost < 0 {
		return "not known"
	}
	return checkers.Number(p.Lost)
}

// Trips is how many round trips an operation costs, as text.
func (c Cost) Trips() string {
	if c.RoundTrip < time.Millisecond {
		return "–" // too short to be told from the machine's own noise
	}
	return fmt.Sprintf("%.1f", max(0, c.RoundTrips()))
}

// Report is the address of a run's report, as seen from the certificate.
func (c *Certificate) Report(run int) string {
	return path.Join(c.Runs[run].Dir, results.ReportFile)
}

// Title says what a trade is.
func (t Trade) Title() string {
	if t.Setting == "" {
		return "There is no setting that trades " + t.For + ": the system as it is."
	}
	return "The setting " + t.Setting + ", which trades " + t.For + "."
}

// CAP is the verdict over all kinds of partitions: what the system gives up, and how far.
func (c *Certificate) CAP() string {
	var broken, unknown []string
	lost := 0
	minority, majority := Share{}, Share{}
	for _, p := range c.Partitions {
		switch p.Consistent {
		case Broken:
			broken = append(broken, p.Kind)
		case Unknown:
			unknown = append(unknown, p.Kind)
		}
		lost += max(0, p.Lost)
		for _, s := range p.Sides {
			switch s.Name {
			case "minority side":
				minority = minority.Plus(s.Reads).Plus(s.Updates)
			case "majority side":
				majority = majority.Plus(s.Reads).Plus(s.Updates)
			}
		}
	}
	text := c.stance(broken, unknown, minority)
	if majority.Calls > 0 {
		text += fmt.Sprintf(" The majority's side answered %d%% of what it was asked while it was cut off, the minority's side %d%%.",
			int(100*majority.Of()), int(100*minority.Of()))
	}
	if lost > 0 {
		text += fmt.Sprintf(" %s acknowledged and then gone.", checkers.Count(lost, "write was", "writes were"))
	}
	return text
}

// available is the share of answers on the minority's side from which a system is called
// available there.
const available = 0.5

func (c *Certificate) stance(broken, unknown []string, minority Share) string {
	switch {
	case len(broken) > 0 && minority.Of() >= available:
		return "Available rather than consistent: it answered on both sides, and answers contradict each other under " + strings.Join(broken, ", ") + "."
	case len(broken) > 0:
		return "Neither: answers contradict each other under " + strings.Join(broken, ", ") + ", although the minority's side hardly answered."
	case len(unknown) > 0:
		return "Not known: nothing was proved under " + strings.Join(unknown, ", ") + "."
	case minority.Calls > 0 && minority.Of() >= available:
		return "Consistent in all that was seen, and yet mostly available on the minority's side."
	}
	return "Consistent rather than available: all answers agree, and the minority's side goes without."
}

// Forms says what serialization and compression cost, or that there is nothing to choose.
func (c *Certificate) Forms() string {
	for _, t := range c.Trades {
		if t.For == "serialization" || t.For == "compression" {
			return "What serialization and compression cost stands above, with the settings that choose them."
		}
	}
	return c.Target + " has no setting of serialization or compression that Assay could compare."
}

// PACELC says what each value of the settings that trade consistency takes over the
// longest distance that was tried, and what it gives.
func (c *Certificate) PACELC() string {
	var said []string
	for _, t := range c.Trades {
		if t.For != "consistency" {
			continue
		}
		for _, p := range t.farthest() {
			said = append(said, p.sentence(t.Setting))
		}
	}
	return strings.Join(said, " ")
}

// farthest are the points of the longest distance.
func (t Trade) farthest() []Point {
	var trip time.Duration
	for _, p := range t.Points {
		trip = max(trip, p.RoundTrip)
	}
	return slices.DeleteFunc(slices.Clone(t.Points), func(p Point) bool { return p.RoundTrip != trip || len(p.Latencies) == 0 })
}

// sentence is "Over california-netherlands, reads=local takes 0.5 ms for a read: causal."
func (p Point) sentence(setting string) string {
	var kinds []string
	for _, l := range p.Latencies {
		kinds = append(kinds, fmt.Sprintf("%s for a %s", Duration(l.P50), l.Kind))
	}
	subject := "the system"
	if setting != "" {
		subject = setting + "=" + p.Value
	}
	text := fmt.Sprintf("Over %s %s takes %s, and was seen to be %s", p.Distance, subject, strings.Join(kinds, ", "), p.Grade())
	if p.Stale != "" {
		text += " (" + p.Stale + ")"
	}
	return text + "."
}

// Grade is what was seen, in words that go on in a sentence.
func (p Point) Grade() string {
	if p.Linearizable() || strings.HasPrefix(p.Seen, "unknown") {
		return p.Seen
	}
	return "no more than " + p.Seen
}

// Linearizable says that nothing less was seen.
func (p Point) Linearizable() bool { return p.Seen == "linearizable" || p.Seen == "as promised" }

// Delivered says for each kind of client the weakest delivery that was observed.
func (c *Certificate) Delivered() string {
	worst := map[string]string{}
	var order []string
	for _, d := range c.Deliveries {
		client := d.Workload + ", client " + d.Client
		if _, known := worst[client]; !known {
			order = append(order, client)
		}
		if rank(d.Observed) >= rank(worst[client]) {
			worst[client] = d.Observed
		}
	}
	var said []string
	for _, client := range order {
		said = append(said, client+": "+worst[client])
	}
	return strings.Join(said, "; ") + "."
}

// rank orders deliveries by how little they give.
func rank(observed string) int {
	return slices.Index([]string{"", "exactly once", "unknown", "at least once", "at most once", "neither"}, observed)
}
