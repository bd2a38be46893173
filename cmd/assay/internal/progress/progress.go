// Package progress tells people what a run is doing: on a terminal in one line
// that is redrawn in place, elsewhere in a plain line every few seconds and at
// each change of phase. Nothing that it prints is meant for programs.
package progress

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/assaykit/assay/harness"
)

// Every is how far apart plain lines are, on the run's own clock.
const Every = 5 * time.Second

// Display shows the progress of one run. Its methods may be called from
// several goroutines.
type Display struct {
	out   io.Writer
	width func() int

	mu    sync.Mutex
	line  string // what stands in the live line
	phase string
	shown time.Duration // when the last plain line was printed
}

// Live redraws one line of a terminal, cut to the width it has at the time.
func Live(out io.Writer, width func() int) *Display {
	return &Display{out: out, width: width}
}

// Plain prints whole lines.
func Plain(out io.Writer) *Display { return &Display{out: out} }

// Update shows where the run is.
func (d *Display) Update(p harness.Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.width != nil {
		d.line = cut(Line(p), d.width()-1)
		d.draw()
		return
	}
	if p.Phase == d.phase && p.Elapsed < d.shown+Every {
		return
	}
	d.phase, d.shown = p.Phase, p.Elapsed
	fmt.Fprintln(d.out, Line(p))
}

// Write prints lines of other origin; on a terminal the live line stays below
// them. A last line without its end is ended.
func (d *Display) Write(text []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	if _, err := d.out.Write(ended(text)); err != nil {
		return 0, err
	}
	d.draw()
	return len(text), nil
}

// Close removes the live line.
func (d *Display) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.erase()
	d.line = ""
}

func (d *Display) draw() {
	if d.line != "" {
		fmt.Fprintf(d.out, "\r%s\x1b[K", d.line)
	}
}

func (d *Display) erase() {
	if d.line != "" {
		fmt.Fprint(d.out, "\r\x1b[K")
	}
}

func ended(text []byte) []byte {
	if len(text) == 0 || bytes.HasSuffix(text, []byte("\n")) {
		return text
	}
	return append(bytes.Clone(text), '\n')
}
