// Package serve shows all runs below a directory in a browser: a table of them, each
// run with its files, two runs side by side, the history of a target over its versions,
// the certificates with the runs on which they rest, and a run that is going on. It only reads, it serves nothing from outside the
// directory, and it answers nobody who does not call it by a name that it knows. What a
// system under test has written is shown as text.
package serve

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/assaykit/assay/results/index"
)

// Config says what is shown, and to whom.
type Config struct {
	// Root is the directory below which the runs are.
	Root string
	// Hosts are names, beside loopback's and plain addresses, by which the server may be
	// called.
	Hosts []string
	// Program is how Assay is called in the commands that are shown.
	Program []string
}

//go:embed pages static
var assets embed.FS

type server struct {
	config Config
	index  *index.Index
	pages  map[string]*template.Template
	// turn lets one comparison at a time read histories, which can be large.
	turn chan struct{}
	// watchers bounds the live views, each of which is a connection that stays.
	watchers chan struct{}
	// ended ends the live views when the server does.
	ended <-chan struct{}
}

const mostWatchers = 100

// Handler is the whole site. Its live views end with the context.
func Handler(ctx context.Context, c Config) (http.Handler, error) {
	s := &server{
		config: c, index: index.New(c.Root), ended: ctx.Done(),
		turn: make(chan struct{}, 1), watchers: make(chan struct{}, mostWatchers),
	}
	if err := s.parse(); err != nil {
		return nil, err
	}
	static, err := static()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.list)
	mux.HandleFunc("GET /runs/{id...}", s.run)
	mux.HandleFunc("GET /files/{path...}", s.files)
	mux.HandleFunc("GET /certificates/{path...}", s.certificates)
	mux.HandleFunc("GET /live/{id...}", s.live)
	mux.HandleFunc("GET /compare", s.compare)
	mux.HandleFunc("GET /targets/{target}", s.target)
	mux.Handle("GET /static/", http.StripPrefix("/static", static))
	mux.HandleFunc("/", s.nothing)
	return guard(c.Hosts, mux), nil
}

func (s *server) parse() error {
	s.pages = map[string]*template.Template{}
	for _, name := range []string{"list", "run", "files", "compare", "target", "certificates", "certificate", "problem"} {
		page, err := template.ParseFS(assets, "pages/frame.html", "pages/"+name+".html")
		if err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
		s.pages[name] = page
	}
	return nil
}

// static are style and script; the templates are nobody's business.
func static() (http.Handler, error) {
	folder, err := fs.Sub(assets, "static")
	if err != nil {
		return nil, err
	}
	files := http.FileServerFS(folder)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	}), nil
}

// Serve answers on the listener until the context ends.
func Serve(ctx context.Context, listener net.Listener, c Config) error {
	handler, err := Handler(ctx, c)
	if err != nil {
		return err
	}
	// A live view is written to for as long as it is looked at, so that there is no
	// limit for writing.
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := web.Shutdown(ctx); err != nil {
		_ = web.Close() // somebody is still reading a large file
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
