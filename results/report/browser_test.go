package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/results/internal/browser"
)

var screens = []browser.Screen{browser.Desktop, browser.Phone}

// open renders a page and looks at it.
func open(t *testing.T, b browser.Browser, page []byte, s browser.Screen) *browser.Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return b.Open(t, file, s)
}

// whole holds what must be true of every page: it loads without a word of complaint,
// and nobody has to move it from side to side.
func whole(t *testing.T, p *browser.Page) {
	t.Helper()
	if troubles := p.Troubles(); len(troubles) > 0 {
		t.Errorf("troubles: %q", troubles)
	}
	if over := p.Overflow(); over > 0 {
		wide := browser.Ask[[]string](p, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".scroll, svg")).slice(0, 5).map(e => e.tagName + "." + e.getAttribute("class"))`)
		t.Errorf("the page is %d pixels too wide: %v", over, wide)
	}
}

// inView is how many pixels of the first such element that is shown are on the first
// screen.
func inView(p *browser.Page, selector string) int {
	return browser.Ask[int](p, `(() => {
		const shown = [...document.querySelectorAll(`+"`"+selector+"`"+`)].filter(e => e.getClientRects().length > 0);
		if (shown.length == 0) return 0;
		const box = shown[0].getBoundingClientRect();
		return Math.round(Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0)));
	})()`)
}

// The answer comes first, and what is wrong is seen without scrolling, also on a phone.
func TestTheWitnessIsOnTheFirstScreen(t *testing.T) {
	b := browser.Start(t)
	for _, name := range stored {
		page := render(t, example(t, name))
		for _, s := range slices.Concat(screens, []browser.Screen{browser.Phone.Night(), browser.Desktop.Night()}) {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				p := open(t, b, page, s)
				p.Keep(*pages, name+"-"+s.Name)
				whole(t, p)
				for _, selector := range []string{"header .badge", "h1", ".claims"} {
					if inView(p, selector) < 10 {
						t.Errorf("%s is not on the first screen", selector)
					}
				}
				if name == "valid" {
					return
				}
				if seen := inView(p, ".witness figure"); seen < 80 {
					t.Errorf("%d pixels of the witness are on the first screen", seen)
				}
			})
		}
	}
}

// Text of the system under test does nothing, wherever it turns up.
func TestHostileTextDoesNothingInABrowser(t *testing.T) {
	b := browser.Start(t)
	for name, text := range map[string]string{
		"script":  `<script>document.title = "owned"; alert(1)</script>`,
		"svg":     `"></text></svg><svg onload="document.title = 'owned'"><img src=x onerror="document.title = 'owned'">`,
		"style":   `</style><style>body { display: none }</style>`,
		"address": `javascript:document.title="owned"`,
		"right":   "\u202e\u2067 evil \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \x00",
		"faces":   strings.Repeat("👩‍👩‍👧‍👦🏳️‍🌈", 300),
		"long":    strings.Repeat("x", 100_000),
		"marks":   "a" + strings.Repeat("\u0301", 5000) + strings.Repeat("\u3000ﷺ", 3000),
	} {
		page := render(t, hostileInput(text))
		for _, s := range screens {
			t.Run(name+"/"+s.Name, func(t *testing.T) {
				p := open(t, b, page, s)
				whole(t, p)
				if title := browser.Ask[string](p, "document.title"); title == "owned" {
					t.Error("a script of the system under test ran")
				}
				if links := browser.Ask[int](p, `[...document.links].filter(a => a.protocol != "https:").length`); links > 0 {
					t.Errorf("%d links lead somewhere else", links)
				}
				if inView(p, "header .badge") == 0 || inView(p, "h1") == 0 {
					t.Error("the verdict is not to be seen")
				}
			})
		}
	}
}
