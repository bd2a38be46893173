package certificate

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
)

//go:embed page
var pageFiles embed.FS

// Page writes the certificate as one HTML page without scripts that needs no network.
func (c *Certificate) Page(w io.Writer) error {
	templates, err := template.New("certificate.html").Funcs(words()).ParseFS(pageFiles, "page/*.html")
	if err != nil {
		return fmt.Errorf("render certificate: %w", err)
	}
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		return fmt.Errorf("render certificate: %w", err)
	}
	view := page{Certificate: c, Style: template.CSS(style)} // ours, not from the system under test
	if err := templates.Execute(w, view); err != nil {
		return fmt.Errorf("render certificate: %w", err)
	}
	return nil
}

// words are what the template says things with.
func words() template.FuncMap {
	return template.FuncMap{
		"duration": Duration, "number": checkers.Number, "pairs": Pairs, "command": func(words []string) string { return results.Command(words...) },
		"percent": func(s Share) int { return int(100 * s.Of()) },
		"web":     web, "plus": func(a, b time.Duration) time.Duration { return a - b },
		"badge": badge, "short": short,
	}
}

// web says that an address may be a link: the source of a claim is text otherwise.
func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// short cuts a sentence for a cell of a table.
func short(text string) string {
	const most = 160
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimSpace(string(runes[:most])) + "…"
}

// mark is how a status looks: a sign and a word beside its colour.
type mark struct{ Class, Sign, Word string }

func badge(s Status) mark {
	switch s {
	case Held:
		return mark{"valid", "✓", "held"}
	case Broken:
		return mark{"invalid", "✗", "broken"}
	}
	return mark{"unknown", "?", "unknown"}
}

// page is what the template sees.
type page struct {
	*Certificate
	Style template.CSS
}

func (p page) Headline() string { return p.headline() }
func (p page) Summary() string  { return p.summary() }

// Families are the columns of the matrix, in the order in which they were tried.
func (p page) Families() []string {
	var all []string
	for _, c := range p.Claims {
		for _, t := range c.Trials {
			if !strings.Contains(t.Faults, ":") && !slices.Contains(all, t.Faults) {
				all = append(all, t.Faults)
			}
		}
	}
	return all
}

// Row are the trials of a claim under the families, with gaps.
func (p page) Row(c Claim) []*Trial {
	var row []*Trial
	for _, family := range p.Families() {
		at := slices.IndexFunc(c.Trials, func(t Trial) bool { return t.Faults == family })
		if at < 0 {
			row = append(row, nil)
			continue
		}
		row = append(row, &c.Trials[at])
	}
	return row
}

// Link is the report that shows a trial best: the first run that is not valid, or the first.
func (p page) Link(t *Trial) string {
	for _, at := range t.Runs {
		if p.Runs[at].Validity == checkers.Invalid || t.Status == Unknown && p.Runs[at].Validity == checkers.Unknown {
			return p.Report(at)
		}
	}
	return p.Report(t.Runs[0])
}

// BrokenClaims and OpenClaims are those that need a word of explanation.
func (p page) BrokenClaims() []Claim { return p.with(Broken) }

// OpenClaims are those of which nothing is known.
func (p page) OpenClaims() []Claim { return p.with(Unknown) }

func (p page) with(s Status) []Claim {
	return slices.DeleteFunc(slices.Clone(p.Claims), func(c Claim) bool { return c.Status != s })
}

// Facts are what the certificate is about.
func (p page) Facts() [][2]string {
	facts := [][2]string{{"System", p.Target + ": " + p.About}}
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, [2]string{name, value})
		}
	}
	add("Settings", Pairs(p.Settings))
	add("Image", p.Image)
	add("Nodes", fmt.Sprintf("%d, runtime %s", p.Nodes, p.Runtime))
	add("Machine", p.Machine)
	add("Tried", p.Started.Format("2 January 2006, 15:04 MST"))
	add("Took", fmt.Sprintf("%s of a budget of %s", p.Took.Round(time.Second), p.Budget))
	add("Seeds from", fmt.Sprint(p.Seed))
	add("Assay", p.Assay)
	return facts
}

// Longest is the share of the widest bar in the table of costs.
func (p page) Longest() time.Duration {
	var longest time.Duration
	for _, d := range p.Distances {
		longest = max(longest, d.P50)
	}
	return longest
}
