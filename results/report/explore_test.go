package report

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

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
