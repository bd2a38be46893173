package serve

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/assaykit/assay/results/index"
)

// frame is what every page has.
type frame struct {
	Title string
	Root  string
}

func (s *server) frame(title string) frame { return frame{Title: title, Root: s.index.Root()} }

// show renders a page as a whole before the first byte is sent: half a page with the
// status of a good one would be a lie.
func (s *server) show(w http.ResponseWriter, status int, name string, page any) {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, "frame.html", page); err != nil {
		http.Error(w, "the page could not be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // whoever asked has gone
}

type problemPage struct {
	frame
	Text string
}

func (s *server) problem(w http.ResponseWriter, status int, format string, args ...any) {
	s.show(w, status, "problem", problemPage{s.frame(http.StatusText(status)), fmt.Sprintf(format, args...)})
}

func (s *server) nothing(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this site is only read", http.StatusMethodNotAllowed)
		return
	}
	s.problem(w, http.StatusNotFound, "There is no such page.")
}

// badge is how a run ended, by word, sign and colour.
type badge struct{ Class, Word, Sign string }

func badgeOf(status index.Status) badge {
	word := string(status)
	switch status {
	case index.Valid:
		return badge{"valid", word, "✓"}
	case index.Invalid:
		return badge{"invalid", "INVALID", "✗"}
	case index.Unknown:
		return badge{"unknown", word, "?"}
	case index.Running:
		return badge{"running", word, "▶"}
	}
	return badge{"none", word, "–"}
}

// link is the address of something of a run; each part of a path is escaped by itself.
func link(prefix, path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return prefix + strings.Join(parts, "/")
}

func runLink(id string) string { return link("/runs/", id) }

func filesLink(id, name string) string { return link("/files/", id+"/"+name) }

func moment(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

func lasted(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// took is how long a run lasted, as far as it has come.
func took(r index.Run) time.Duration {
	if len(r.Phases) == 0 {
		return 0
	}
	return r.Phases[len(r.Phases)-1].End
}

// clip keeps a table readable whatever a system has said.
func clip(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}
