package certificate

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

// Markdown writes the certificate for places that show no HTML.
func (c *Certificate) Markdown(w io.Writer) error {
	m := &markdown{}
	m.line("# %s: %s", c.headline(), c.Verdict())
	m.line("%s", c.summary())
	m.claims(c)
	m.partitions(c)
	m.trades(c)
	m.deliveries(c)
	m.distances(c)
	m.left(c)
	m.line("## Make it again")
	m.line("```\n%s\n```", results.Command(c.CommandLine...))
	_, err := io.WriteString(w, m.String())
	return err
}

// headline is "Certificate of etcd".
func (c *Certificate) headline() string { return "Certificate of " + c.Target }

// Verdict is what became of all claims, in a few words.
func (c *Certificate) Verdict() string {
	if len(c.Claims) == 0 {
		return "nothing is claimed"
	}
	var parts []string
	for _, s := range []Status{Broken, Unknown, Held} {
		if n := c.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ") + " of " + checkers.Count(len(c.Claims), "claim")
}

// summary is one paragraph on what was tried.
func (c *Certificate) summary() string {
	operations := 0
	for _, r := range c.Runs {
		operations += r.Operations
	}
	text := fmt.Sprintf("%s of %s on %s (%s): %s operations answered in %s, within %s.", checkers.Count(c.Nodes, "node"), c.Target,
		c.Runtime, c.Machine, checkers.Number(operations), checkers.Count(len(c.Runs), "run"), c.Took.Round(time.Second))
	if len(c.Settings) > 0 {
		text += " Settings: " + Pairs(c.Settings) + "."
	}
	if n := c.Failed(); n > 0 {
		text += fmt.Sprintf(" %s not take place, for want of infrastructure.", checkers.Count(n, "run could", "runs could"))
	}
	if c.Interrupted {
		text += " It was interrupted: what follows is what was found out until then."
	}
	return text
}

type markdown struct{ strings.Builder }

// line writes a paragraph.
func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n\n", args...) }

// row writes a line of a table; bars in cells would end them.
func (m *markdown) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.NewReplacer("|", "\\|", "\n", " ").Replace(cell)
	}
	fmt.Fprintf(m, "| %s |\n", strings.Join(cells, " | "))
}

func (m *markdown) head(cells ...string) {
	m.row(cells...)
	fmt.Fprintf(m, "|%s\n", strings.Repeat("---|", len(cells)))
}

func (m *markdown) claims(c *Certificate) {
	if len(c.Claims) == 0 {
		return
	}
	m.line("## Claims")
	m.head("claim", "workload", "status", "why", "operations", "seeds", "source")
	for _, claim := range c.Claims {
		m.row(claim.Promise+claim.under(), claim.Workload, string(claim.Status), claim.Why,
			checkers.Number(claim.Operations), fmt.Sprint(claim.Seeds), claim.Page)
	}
	m.line("")
	for _, claim := range c.Claims {
		if w := claim.Witness; w != nil {
			m.line("### Broken: %s (%s)", claim.Promise, claim.Workload)
			m.line("%s: %s", w.Anomaly, w.Text)
			m.line("Report: [%[1]s](%[1]s)", c.Report(w.Run))
			m.line("```\n%s\n```", c.Runs[w.Run].Repeat)
		}
	}
}

// under says for which settings a claim is made.
func (c Claim) under() string {
	if len(c.Settings) == 0 {
		return ""
	}
	return " (" + Pairs(c.Settings) + ")"
}

func (m *markdown) partitions(c *Certificate) {
	if len(c.Partitions) == 0 {
		return
	}
	m.line("## CAP, measured")
	m.line("%s", c.CAP())
	m.head("partition", "side", "reads answered", "updates answered", "p50", "consistent", "lost at heal", "recovery")
	for _, p := range c.Partitions {
		for _, s := range p.Sides {
			m.row(p.Kind, s.Name, s.Reads.String(), s.Updates.String(), Duration(s.P50), string(p.Consistent), p.LostText(), Duration(p.Recovery))
		}
	}
	m.line("")
}

func (m *markdown) trades(c *Certificate) {
	if len(c.Trades) == 0 {
		return
	}
	m.line("## PACELC, measured")
	if text := c.PACELC(); text != "" {
		m.line("%s", text)
	}
	for _, t := range c.Trades {
		m.line("%s", t.Title())
		m.head("setting", "distance", "round trip", "operation", "answered", "p50", "p99", "consistency seen", "stale")
		for _, p := range t.Points {
			for _, l := range p.Latencies {
				m.row(p.Value, p.Distance, Duration(p.RoundTrip), l.Kind, l.Share.String(), Duration(l.P50), Duration(l.P99), p.Seen, p.Stale)
			}
			if p.Failure != "" {
				m.row(p.Value, p.Distance, Duration(p.RoundTrip), "", "", "", "", p.Failure, "")
			}
		}
		m.line("")
	}
}

func (m *markdown) deliveries(c *Certificate) {
	if len(c.Deliveries) == 0 {
		return
	}
	m.line("## Delivery, measured")
	m.line("%s", c.Delivered())
	m.head("workload", "client", "faults", "observed", "because")
	for _, d := range c.Deliveries {
		m.row(d.Workload, d.Client, d.Faults, d.Observed, d.Why)
	}
	m.line("")
}

func (m *markdown) distances(c *Certificate) {
	if len(c.Distances) == 0 {
		return
	}
	m.line("## Cost of distance")
	m.head("setting", "operation", "distance", "round trip", "p50", "p50 on a single node", "costs", "round trips")
	for _, d := range c.Distances {
		m.row(d.Setting, d.Kind, d.Distance, Duration(d.RoundTrip), Duration(d.P50), Duration(d.Alone), Duration(d.P50-d.Alone), d.Trips())
	}
	m.line("")
	m.line("%s", c.Forms())
}

func (m *markdown) left(c *Certificate) {
	if len(c.Left) == 0 {
		return
	}
	m.line("## Not tried")
	for _, o := range c.Left {
		fmt.Fprintf(m, "- %s: %s\n", o.What, o.Why)
	}
	m.line("")
}
