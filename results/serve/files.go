package serve

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"github.com/assaykit/assay/results/index"
)

// documentPolicy lets a document that Assay has written run its own scripts, in a world
// of its own: it reads nothing of this site, and loads nothing from anywhere.
const documentPolicy = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type filesPage struct {
	frame
	Run     string
	RunLink string
	Path    string
	Up      string
	Entries []entry
	Left    int
}

type entry struct {
	Name, Link, Size, Note string
	Text                   string
}

// files shows a folder of a run, or a file. A path is that of a run and then of
// something in its directory; what belongs to no run is not there. The files are opened
// below the root by the system itself (openat), so that no link leads out of it.
func (s *server) files(w http.ResponseWriter, r *http.Request) {
	run, name, ok := s.locate(r.PathValue("path"))
	if !ok {
		s.problem(w, http.StatusNotFound, "That file belongs to no run.")
		return
	}
	file, info, ok := s.open(w, path.Join(run.ID, name))
	if !ok {
		return
	}
	defer file.Close()
	switch {
	case info.IsDir():
		s.folder(w, run, name, file)
	case !info.Mode().IsRegular():
		s.problem(w, http.StatusForbidden, "That is neither a file nor a folder.")
	case r.URL.Query().Has("text") && strings.HasSuffix(name, ".zst"):
		unpack(w, file)
	default:
		send(w, r, name, file, info)
	}
}

// open opens something below the root, or says why not.
func (s *server) open(w http.ResponseWriter, name string) (*os.File, fs.FileInfo, bool) {
	root, err := os.OpenRoot(s.index.Root())
	if err != nil {
		s.problem(w, http.StatusInternalServerError, "The runs cannot be read: %v", err)
		return nil, nil, false
	}
	defer root.Close()
	// A pipe would be waited for, were it not for O_NONBLOCK.
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.unreadable(w, err)
		return nil, nil, false
	}
	info, err := file.Stat()
	if err != nil {
		s.unreadable(w, errors.Join(err, file.Close()))
		return nil, nil, false
	}
	return file, info, true
}

// unreadable does not tell a link that leads out from a file that is not there.
func (s *server) unreadable(w http.ResponseWriter, err error) {
	if errors.Is(err, fs.ErrPermission) {
		s.problem(w, http.StatusForbidden, "That file cannot be read: %v", fs.ErrPermission)
		return
	}
	s.problem(w, http.StatusNotFound, "There is no such file.")
}

// locate cuts a path into a run and what is in its directory.
func (s *server) locate(full string) (index.Run, string, bool) {
	full = strings.Trim(full, "/")
	for end := len(full); end > 0; end = strings.LastIndexByte(full[:end], '/') {
		if run, ok := s.index.Find(full[:end]); ok {
			name := strings.Trim(full[end:], "/")
			return run, name, name == "" || fs.ValidPath(name)
		}
	}
	return index.Run{}, "", false
}

const mostEntries = 2000

func (s *server) folder(w http.ResponseWriter, run index.Run, name string, file *os.File) {
	all, err := file.ReadDir(mostEntries + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		s.problem(w, http.StatusInternalServerError, "The folder cannot be read: %v", err)
		return
	}
	p := filesPage{frame: s.frame("Files of " + run.ID), Run: run.ID, RunLink: runLink(run.ID), Path: name}
	if name != "" {
		p.Up = filesLink(run.ID, strings.TrimSuffix(path.Dir(name), "."))
	}
	p.Left = max(0, len(all)-mostEntries)
	all = all[:min(len(all), mostEntries)]
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range all {
		p.Entries = append(p.Entries, newEntry(run.ID, name, e))
	}
	s.show(w, http.StatusOK, "files", p)
}

func newEntry(id, folder string, e fs.DirEntry) entry {
	name := path.Join(folder, e.Name())
	view := entry{Name: e.Name(), Link: filesLink(id, name)}
	info, err := e.Info()
	switch {
	case err != nil:
		view.Link, view.Note = "", "has just gone"
	case info.IsDir():
		view.Name, view.Note = view.Name+"/", "folder"
	case info.Mode().IsRegular():
		view.Size = size(info.Size())
		if strings.HasSuffix(view.Name, ".zst") {
			view.Text = view.Link + "?text"
		}
	case info.Mode()&fs.ModeSymlink != 0:
		view.Note = "link"
	default:
		view.Link, view.Note = "", "special file"
	}
	return view
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// send sends a file as what it may be. Only pages at the top of a run's directory are
// Assay's own; whatever lies deeper comes from the system under test, and is shown as
// text or saved.
func send(w http.ResponseWriter, r *http.Request, name string, file *os.File, info fs.FileInfo) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	switch {
	case path.Ext(name) == ".html" && path.Dir(name) == ".":
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", documentPolicy)
	case isText(file):
		h.Set("Content-Type", "text/plain; charset=utf-8")
	default:
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(name)}))
	}
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// isText looks at the beginning of a file.
func isText(file *os.File) bool {
	start := make([]byte, 4096)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	start = start[:n]
	for cut := 0; cut < utf8.UTFMax && len(start) > 0 && !utf8.Valid(start); cut++ {
		start = start[:len(start)-1] // the last character may be cut in two
	}
	return utf8.Valid(start) && !slices.Contains(start, 0)
}

// unpack shows a compressed history as the text that it is.
func unpack(w http.ResponseWriter, file io.Reader) {
	decoder, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
	if err != nil {
		http.Error(w, "the file cannot be unpacked", http.StatusInternalServerError)
		return
	}
	defer decoder.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	if _, err := io.Copy(w, decoder); err != nil {
		fmt.Fprintf(w, "\n(the file is damaged from here on: %v)\n", err)
	}
}
