package sequence

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/assaykit/assay/results/internal/browser"
)

// The pictures are kept in the folder named by ASSAY_PICTURES, if it is set.
func TestInABrowser(t *testing.T) {
	b := browser.Start(t)
	folder := t.TempDir()
	for name, in := range map[string]Input{
		"stale-read": {Trace: staleRead(t), Witness: []int{2, 5}, Title: "A stale read", About: "What led to it."},
		"hostile":    {Trace: hostile(), Title: "Hostile text"},
		"cut":        {Trace: busy(300), Witness: []int{0, 7}, Most: 60, Title: "A long trace"},
	} {
		file := filepath.Join(folder, name+".html")
		if err := os.WriteFile(file, []byte(rendered(t, in)), 0o600); err != nil {
			t.Fatal(err)
		}
		screens := []browser.Screen{browser.Desktop, browser.Phone}
		if name == "stale-read" {
			screens = append(screens, browser.Phone.Night())
		}
		for _, screen := range screens {
			p := b.Open(t, file, screen)
			if troubles := p.Troubles(); len(troubles) > 0 {
				t.Errorf("%s on %s: %q", name, screen.Name, troubles)
			}
			if over := p.Overflow(); over > 0 {
				t.Errorf("%s on %s: %d pixels too wide", name, screen.Name, over)
			}
			if title := browser.Ask[string](p, "document.title"); title != in.Title {
				t.Errorf("%s: the title is %q now", name, title)
			}
			if name == "stale-read" {
				moves(t, p, screen)
			}
			p.Keep(os.Getenv("ASSAY_PICTURES"), name+"-"+screen.Name)
		}
	}
}

// moves: the diagram scrolls inside of its own box, and the names of its lanes stay
// where they are.
func moves(t *testing.T, p *browser.Page, screen browser.Screen) {
	t.Helper()
	wide := browser.Ask[bool](p, `(() => { const s = document.querySelector(".sheet"); return s.scrollWidth > s.clientWidth })()`)
	if phone := screen.Width < 600; wide != phone {
		t.Errorf("on %s the diagram scrolls sideways: %v", screen.Name, wide)
	}
	const stays = `(() => { const s = document.querySelector(".sheet"), h = document.querySelector(".heads"), t = document.querySelector(".times");
		const top = h.getBoundingClientRect().top, left = t.getBoundingClientRect().left;
		s.scrollTop = 200; s.scrollLeft = 200;
		return h.getBoundingClientRect().top === top && t.getBoundingClientRect().left === left && s.scrollTop > 0 })()`
	if !browser.Ask[bool](p, stays) {
		t.Errorf("on %s names or times do not stay in place", screen.Name)
	}
}
