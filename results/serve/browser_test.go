package serve_test

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/assaykit/assay/results/internal/browser"
	"github.com/assaykit/assay/results/live"
)

// TestPagesInABrowser marks runs in the table and watches one to its end.
func TestPagesInABrowser(t *testing.T) {
	b := browser.Start(t)
	root := t.TempDir()
	for i, id := range []string{"etcd-register/1", "etcd-register/2", "etcd-register/3"} {
		put(t, root, id, i, isInvalid, "")
	}
	w, err := live.Create(put(t, root, "demo-set/9", 9, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(live.Sample{Phase: "load", OK: 1234, PerSecond: 99, Faults: []string{"<b>cut</b> n1"}}); err != nil {
		t.Fatal(err)
	}
	server := site(t, root)
	blank := filepath.Join(t.TempDir(), "blank.html")
	write(t, blank, "<!doctype html><title>blank</title>")
	for _, screen := range []browser.Screen{browser.Desktop, browser.Phone} {
		t.Run(screen.Name, func(t *testing.T) {
			page := b.Open(t, blank, screen)
			page.Do(chromedp.Navigate(server.URL + "/"))
			marks := browser.Ask[string](page, `(() => {
				const boxes = [...document.querySelectorAll("input[name=run]")], button = document.querySelector(".two");
				const before = button.disabled;
				boxes[1].click(); boxes[2].click();
				return [boxes.length, before, button.disabled, boxes[3].disabled].join(" ");
			})()`)
			if marks != "4 true false true" {
				t.Errorf("marking two runs: %s", marks)
			}
			page.Do(chromedp.Navigate(server.URL + "/runs/demo-set/9"))
			shown := browser.Await[string](page, waitFor(`document.querySelector("[data-show=ok]").textContent === "1,234"`, `document.querySelector("[data-show=phase]").textContent + ", " + document.querySelector("[data-show=faults]").textContent`))
			if shown != "load, <b>cut</b> n1" {
				t.Errorf("the live page shows %q", shown)
			}
			if wide := page.Overflow(); wide > 0 {
				t.Errorf("the page is %d pixels too wide", wide)
			}
			if troubles := page.Troubles(); len(troubles) > 0 {
				t.Errorf("%q", troubles)
			}
		})
	}
	page := b.Open(t, blank, browser.Desktop)
	page.Do(chromedp.Navigate(server.URL + "/runs/demo-set/9"))
	browser.Await[string](page, waitFor(`document.querySelector("[data-show=phase]").textContent === "load"`, `"load"`))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	page.Do(chromedp.WaitVisible(`.badge.none`))
}

// waitFor is a promise of a value once a condition holds.
func waitFor(condition, value string) string {
	return `new Promise((done) => { const look = () => ` + condition + ` ? done(` + value + `) : setTimeout(look, 20); look(); })`
}
