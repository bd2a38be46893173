package report

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results/internal/browser"
)

// shots, if set, gets pictures of the pages.
var shots = flag.String("shots", "", "folder to write pictures of the explorer to")

// write puts a page where a browser finds it.
func write(t testing.TB, page []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// explored scrolls to the explorer and waits until it has unpacked everything.
func explored(p *browser.Page) {
	browser.Await[bool](p, `new Promise((resolve, reject) => {
		const root = document.querySelector(".explorer");
		root.scrollIntoView();
		const began = Date.now();
		(function wait() {
			if (root.dataset.ready && root.dataset.frame) resolve(true);
			else if (Date.now() - began > 60000) reject(new Error(root.querySelector(".ops-still").textContent));
			else setTimeout(wait, 20);
		})();
	})`)
}

func TestTheExplorerOpens(t *testing.T) {
	b := browser.Start(t)
	for _, s := range []browser.Screen{browser.Desktop, browser.Phone, browser.Desktop.Night(), browser.Phone.Night()} {
		p := b.Open(t, write(t, render(t, staleRead())), s)
		explored(p)
		for _, trouble := range p.Troubles() {
			t.Errorf("%s: %s", s.Name, trouble)
		}
		if over := p.Overflow(); over > 0 {
			t.Errorf("%s: the page is %d pixels too wide", s.Name, over)
		}
		p.Keep(*shots, "stale-read-"+s.Name)
	}
}

// becomes waits until an expression has a value.
func becomes(t *testing.T, p *browser.Page, expression string, want any) {
	t.Helper()
	got := browser.Await[string](p, fmt.Sprintf(`new Promise((resolve) => {
		const began = Date.now();
		(function look() {
			const value = String(%s);
			if (value === %q || Date.now() - began > 20000) resolve(value);
			else setTimeout(look, 20);
		})();
	})`, expression, fmt.Sprint(want)))
	if got != fmt.Sprint(want) {
		t.Errorf("%s is %s, not %v", expression, got, want)
	}
}

const (
	root     = `document.querySelector(".explorer")`
	inWindow = root + `.dataset.inWindow`
	drawn    = root + `.dataset.drawn`
)

// enter writes into a field, as somebody does who then leaves it.
func enter(p *browser.Page, field, text string) {
	browser.Ask[bool](p, fmt.Sprintf(`(() => { const f = document.querySelector(%q); f.value = %q; f.dispatchEvent(new Event("change")); return true })()`, field, text))
}

func press(p *browser.Page, key string) {
	browser.Ask[bool](p, fmt.Sprintf(`document.querySelector(".ops-canvas").dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true })) || true`, key))
}

func click(p *browser.Page, selector string) {
	browser.Ask[bool](p, fmt.Sprintf(`document.querySelector(%q).click() || true`, selector))
}

// countCalls is how many calls share a moment with a window and pass a filter: what
// the page has to show.
func countCalls(r record, from, to time.Duration, passes func(history.Call) bool) int {
	n := 0
	for _, c := range r.calls {
		if c.Start <= to && r.over(c) >= from && passes(c) {
			n++
		}
	}
	return n
}

func everything(history.Call) bool { return true }

// window is what the page shows, in nanoseconds.
func window(p *browser.Page) (from, to time.Duration) {
	times := browser.Ask[[]float64](p, `[`+root+`.dataset.from, `+root+`.dataset.to].map(Number)`)
	return time.Duration(math.Ceil(times[0])), time.Duration(times[1])
}

func TestALongRunIsExplored(t *testing.T) {
	b := browser.Start(t)
	in := longRun(operationsOf(t))
	r := look(in.History)
	file := write(t, render(t, in))
	p := b.Open(t, file, browser.Desktop)
	t.Logf("%d operations: the page was loaded after %.0f ms, its first picture was there after %.0f ms", len(r.calls),
		browser.Ask[float64](p, `performance.getEntriesByType("navigation")[0].loadEventEnd`),
		browser.Ask[float64](p, `(performance.getEntriesByName("first-contentful-paint")[0] || {startTime: -1}).startTime`))
	explored(p)
	becomes(t, p, inWindow, len(r.calls))
	becomes(t, p, drawn, len(r.calls))
	t.Logf("unpacked in %s ms, drawn in %s ms", browser.Ask[string](p, root+".dataset.ready"), browser.Ask[string](p, root+".dataset.frame"))
	p.Keep(*shots, "long-run")

	middle := r.calls[len(r.calls)/2].Start
	enter(p, ".ops-from", fmt.Sprint((middle - 2*time.Second).Seconds()))
	enter(p, ".ops-to", fmt.Sprint((middle + 2*time.Second).Seconds()))
	becomes(t, p, inWindow, countCalls(r, middle-2*time.Second, middle+2*time.Second, everything))
	exploreFilters(t, p, r)
	exploreKeys(t, p, r)
	for _, trouble := range p.Troubles() {
		t.Error(trouble)
	}
}

func exploreFilters(t *testing.T, p *browser.Page, r record) {
	t.Helper()
	from, to := window(p)
	enter(p, ".ops-key", "k7")
	onKey := func(c history.Call) bool { return c.Key == "k7" }
	becomes(t, p, inWindow, countCalls(r, from, to, onKey))
	click(p, ".ops-outcomes input") // no longer those that are ok
	becomes(t, p, inWindow, countCalls(r, from, to, func(c history.Call) bool { return onKey(c) && c.Type != history.OK }))
	click(p, ".ops-clear")
	enter(p, ".ops-process", "3, 5-9")
	becomes(t, p, inWindow, countCalls(r, from, to, func(c history.Call) bool { return c.Process == 3 || 5 <= c.Process && c.Process <= 9 }))
	enter(p, ".ops-process", "")
	enter(p, ".ops-text", "MISMATCH")
	becomes(t, p, inWindow, countCalls(r, from, to, func(c history.Call) bool { return strings.Contains(c.Error, "mismatch") }))
	click(p, ".ops-clear")
	becomes(t, p, inWindow, countCalls(r, from, to, everything))
	enter(p, ".ops-by", "key")
	becomes(t, p, inWindow, countCalls(r, from, to, everything))
	p.Keep(*shots, "long-run-by-key")
	enter(p, ".ops-by", "node")
}

// exploreKeys does by keyboard what a pointer can do.
func exploreKeys(t *testing.T, p *browser.Page, r record) {
	t.Helper()
	for range 9 {
		press(p, "+")
	}
	becomes(t, p, drawn+" === "+inWindow, true)
	from, to := window(p)
	if length := to - from; length > 10*time.Millisecond {
		t.Errorf("after nine times of zooming in %s are shown", length)
	}
	becomes(t, p, inWindow, countCalls(r, from, to, everything))
	press(p, "Enter")
	becomes(t, p, `document.querySelector(".ops-details").hidden`, false)
	at := browser.Ask[int](p, "Number("+root+".dataset.selected)")
	facts := browser.Ask[string](p, `document.querySelector(".ops-details").textContent`)
	if want := label(r.calls[at], 400); !strings.Contains(facts, want) {
		t.Errorf("%q does not say %q", facts, want)
	}
	p.Keep(*shots, "long-run-near")
	press(p, "n")
	becomes(t, p, root+".dataset.selected > "+fmt.Sprint(at), true)
	press(p, "Escape")
	becomes(t, p, `document.querySelector(".ops-details").hidden`, true)
	click(p, ".ops-table summary")
	becomes(t, p, `document.querySelectorAll(".ops-table tbody tr").length > 0`, true)
	press(p, "Home")
	becomes(t, p, inWindow, len(r.calls))
	becomes(t, p, `document.querySelectorAll(".ops-table tbody tr").length`, 50)
	click(p, ".ops-forth")
	becomes(t, p, `document.querySelector(".ops-table tbody button").textContent`, label(r.calls[50], 400))
}

// BenchmarkPage says how long a browser needs for the page of a long run: until it is
// loaded, until all is unpacked, and for a picture of all operations and of a hundredth.
func BenchmarkPage(b *testing.B) {
	in := longRun(operationsOf(b))
	var page bytes.Buffer
	if err := Render(&page, in); err != nil {
		b.Fatal(err)
	}
	file := write(b, page.Bytes())
	chromium := browser.Start(b)
	least := map[string]float64{}
	keep := func(name string, ms float64) {
		if was, is := least[name]; !is || ms < was {
			least[name] = ms
		}
	}
	for b.Loop() {
		p := chromium.Open(b, file, browser.Desktop)
		keep("ms-loaded", browser.Ask[float64](p, `performance.getEntriesByType("navigation")[0].loadEventEnd`))
		explored(p)
		keep("ms-unpacked", browser.Ask[float64](p, "Number("+root+".dataset.ready)"))
		keep("ms-picture-of-all", leastFrame(p, "Home"))
		for range 7 {
			press(p, "+")
		}
		keep("ms-picture-of-1%", leastFrame(p, "ArrowRight"))
	}
	for name, ms := range least {
		b.ReportMetric(ms, name)
	}
}

// leastFrame draws a few times, because the machine has other things to do.
func leastFrame(p *browser.Page, key string) float64 {
	least := math.Inf(1)
	for range 15 {
		press(p, key)
		least = min(least, browser.Await[float64](p, `new Promise((resolve) => setTimeout(() => resolve(Number(`+root+`.dataset.frame)), 60))`))
	}
	return least
}

// Old browsers do not unpack by themselves.
func TestThePageUnpacksByItself(t *testing.T) {
	b := browser.Start(t)
	in := longRun(20_000)
	page := string(render(t, in))
	// The policy of the page allows no script of the test's: it has to go.
	page = regexp.MustCompile(`; script-src [^"]*`).ReplaceAllString(page, "; script-src 'unsafe-inline'")
	page = strings.Replace(page, "<body", "<script>delete window.DecompressionStream; delete Uint8Array.fromBase64</script><body", 1)
	p := b.Open(t, write(t, []byte(page)), browser.Desktop)
	explored(p)
	if browser.Ask[string](p, "typeof DecompressionStream") != "undefined" {
		t.Fatal("the browser still has what the test takes away")
	}
	r := look(in.History)
	becomes(t, p, inWindow, len(r.calls))
	click(p, ".ops-table summary")
	becomes(t, p, `document.querySelector(".ops-table tbody button").textContent`, label(r.calls[0], 400))
	for _, trouble := range p.Troubles() {
		t.Error(trouble)
	}
}

// Whatever the system under test answered is a text, in the picture, the table, the
// choices and the details alike.
func TestHostileTextDoesNothingInTheExplorer(t *testing.T) {
	b := browser.Start(t)
	for name, text := range map[string]string{
		"markup":        `</script><script>document.title = "hacked"</script><img src=x onerror='document.title = "hacked"'>`,
		"controls":      "\x00\x1b[31m\r\n\t\u2028\ufeff\u202eevil",
		"right to left": "שלום \u2067x\u2069",
		"long":          strings.Repeat("x", 1<<20),
	} {
		p := b.Open(t, write(t, render(t, hostileInput(text))), browser.Phone)
		title := browser.Ask[string](p, "document.title")
		explored(p)
		becomes(t, p, inWindow, 3)
		click(p, ".ops-table summary")
		becomes(t, p, `document.querySelectorAll(".ops-table tbody tr").length`, 3)
		press(p, "Enter")
		becomes(t, p, `document.querySelector(".ops-details").hidden`, false)
		enter(p, ".ops-text", `"`)
		enter(p, ".ops-key", text[:1])
		if got := browser.Ask[string](p, "document.title"); got != title {
			t.Errorf("%s: the title became %q", name, got)
		}
		if n := browser.Ask[int](p, `document.querySelectorAll(".explorer img, .explorer script, .explorer a").length`); n > 0 {
			t.Errorf("%s: %d elements that the page does not have", name, n)
		}
		if over := p.Overflow(); over > 0 {
			t.Errorf("%s: the page is %d pixels too wide", name, over)
		}
		for _, trouble := range p.Troubles() {
			t.Errorf("%s: %s", name, trouble)
		}
		p.Keep(*shots, "hostile-"+strings.ReplaceAll(name, " ", "-"))
	}
}
