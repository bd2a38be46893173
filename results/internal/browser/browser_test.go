package browser_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaykit/assay/results/internal/browser"
)

func file(t *testing.T, page string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte("<!doctype html><meta charset=utf-8>"+page), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is never seen cannot be missed: each kind of trouble has to be noticed.
func TestTroublesAreNoticed(t *testing.T) {
	b := browser.Start(t)
	for name, page := range map[string]string{
		"an error":           `<script>throw new Error("broken")</script>`,
		"a promise":          `<script>Promise.reject(new Error("broken"))</script>`,
		"the console":        `<script>console.log("broken")</script>`,
		"a forbidden script": `<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><script>1</script>`,
		"a missing file":     `<img src="nowhere.png">`,
	} {
		p := b.Open(t, file(t, page), browser.Desktop)
		if len(p.Troubles()) == 0 {
			t.Errorf("%s was not noticed", name)
		}
	}
	p := b.Open(t, file(t, `<p>good</p><script>document.title = "well"</script>`), browser.Desktop)
	if troubles := p.Troubles(); len(troubles) > 0 || browser.Ask[string](p, "document.title") != "well" {
		t.Errorf("a good page: %q", troubles)
	}
}

func TestScreensAreWhatTheySay(t *testing.T) {
	b := browser.Start(t)
	for _, s := range []browser.Screen{browser.Desktop, browser.Phone, browser.Phone.Night()} {
		p := b.Open(t, file(t, `<meta name=viewport content="width=device-width"><div style="width: 500px">wide</div>`), s)
		if width := browser.Ask[int](p, "innerWidth"); width != s.Width {
			t.Errorf("%s: %d wide", s.Name, width)
		}
		if dark := browser.Ask[bool](p, `matchMedia("(prefers-color-scheme: dark)").matches`); dark != s.Dark {
			t.Errorf("%s: dark %v", s.Name, dark)
		}
		if over := p.Overflow() > 0; over != (s.Width < 500) {
			t.Errorf("%s: overflow %d", s.Name, p.Overflow())
		}
		folder := t.TempDir()
		p.Keep(folder, "page")
		picture, err := os.ReadFile(filepath.Join(folder, "page-whole.png"))
		if err != nil || !strings.HasPrefix(string(picture), "\x89PNG") {
			t.Errorf("%s: no picture (%v)", s.Name, err)
		}
	}
}
