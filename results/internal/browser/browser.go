// Package browser opens pages in a real browser, headless Chromium, for tests: a
// page's markup can be right and the page still be empty, broken or too wide. It
// looks and asks; what a page has to be like, the tests say.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Required is the variable that makes a browser a must: with it a test fails where
// there is none, without it the test is skipped.
const Required = "ASSAY_BROWSER"

// openWithin bounds how long a page may take; the machine may be busy.
const openWithin = 2 * time.Minute

// Screen is what a page is looked at on.
type Screen struct {
	Name          string
	Width, Height int
	Dark          bool
}

// The screens that every page has to be fit for.
var (
	Desktop = Screen{Name: "desktop", Width: 1280, Height: 800}
	Phone   = Screen{Name: "phone", Width: 390, Height: 844}
)

// Night is the same screen, where dark pages are wanted.
func (s Screen) Night() Screen {
	s.Name, s.Dark = s.Name+"-dark", true
	return s
}

// Browser is a running browser.
type Browser struct{ ctx context.Context }

// Start starts a browser, which ends with the test.
func Start(t testing.TB) Browser {
	t.Helper()
	path := find(t)
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.Flag("hide-scrollbars", true), chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(openWithin))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with it
	}
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return Browser{ctx}
}

// find is where the browser is.
func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv(Required) != "" {
		t.Fatalf("%s is set, but there is neither chromium nor google-chrome to be found", Required)
	}
	t.Skip("there is neither chromium nor google-chrome to be found")
	return ""
}

// Page is an open page.
type Page struct {
	t        testing.TB
	ctx      context.Context
	mutex    sync.Mutex
	troubles []string
}

// Open opens the file in a tab of its own and waits until it is loaded.
func (b Browser) Open(t testing.TB, file string, s Screen) *Page {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(b.ctx)
	t.Cleanup(stop)
	p := &Page{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	p.Do(s.put, chromedp.Navigate("file://"+path))
	return p
}

func (s Screen) put(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
	scheme := "light"
	if s.Dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, media); err != nil {
		return chromedp.Void{}, err
	}
	return chromedp.EmulateViewport(int64(s.Width), int64(s.Height))(ctx, target)
}

// listen takes down what went wrong. The browser calls it, one event at a time.
func (p *Page) listen(event any) {
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		p.note("uncaught: %s", event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		for _, argument := range event.Args {
			p.note("console %s: %s %s", event.Type, argument.Value, argument.Description)
		}
	case *log.EventEntryAdded:
		p.note("%s: %s", event.Entry.Level, event.Entry.Text)
	}
}

func (p *Page) note(format string, arguments ...any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.troubles = append(p.troubles, fmt.Sprintf(format, arguments...))
}

// Troubles are the errors of scripts, what the page wrote to its console, and what
// the browser complained of; of a good page, none.
func (p *Page) Troubles() []string {
	p.t.Helper()
	Ask[int](p, "0") // what the browser had to tell before has come when it answers
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.troubles...)
}

// Do does something on the page.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, openWithin)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// Ask is what an expression in JavaScript gives on the page.
func Ask[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, openWithin)
	defer stop()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Await is what the promise that an expression gives comes to.
func Await[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, openWithin)
	defer stop()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Overflow is how many pixels the page is wider than the screen.
func (p *Page) Overflow() int {
	p.t.Helper()
	return Ask[int](p, `Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - document.documentElement.clientWidth`)
}

// Keep writes two pictures into a folder: of what is seen first, and of the whole
// page. Without a folder it does nothing.
func (p *Page) Keep(folder, name string) {
	p.t.Helper()
	if folder == "" {
		return
	}
	p.keep(filepath.Join(folder, name+".png"), chromedp.CaptureScreenshot())
	p.keep(filepath.Join(folder, name+"-whole.png"), chromedp.FullScreenshot(100))
}

func (p *Page) keep(file string, shot chromedp.Action[[]byte]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, openWithin)
	defer stop()
	picture, err := chromedp.Run(ctx, shot)
	if err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
