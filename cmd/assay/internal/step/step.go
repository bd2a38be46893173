// Package step leads a person through a trace, event by event, on a terminal or from
// a script. It shows what a trace says, and what holds after each event: which nodes
// are up, what they noted, what is under way.
package step

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/sim/trace"
)

const help = `  Enter  the next event
  N      the next N events
  o      up to the next operation of a client
  v      up to the violation
  s      the state: nodes, messages under way, operations, faults
  q      leave
`

// Through reads orders, one a line, until the trace or the orders are at an end.
func Through(t *trace.Trace, in io.Reader, out io.Writer) error {
	w := &walker{trace: t, out: out, state: newState(t)}
	orders := bufio.NewScanner(in)
	w.printf("%s\n%s", w.summary(), help)
	for w.next < len(t.Events) {
		w.printf("%d of %d> ", w.next, len(t.Events))
		if !orders.Scan() {
			w.printf("\n")
			break
		}
		if w.obey(strings.TrimSpace(orders.Text())) {
			return w.err
		}
	}
	if w.next == len(t.Events) {
		w.printf("that was the last event\n")
	}
	if err := orders.Err(); err != nil {
		return fmt.Errorf("read what to do next: %w", err)
	}
	return w.err
}

// walker is somewhere in a trace.
type walker struct {
	trace *trace.Trace
	out   io.Writer
	// next is the index of the next event.
	next  int
	state *state
	err   error
}

func (w *walker) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format, args...)
	}
}

func (w *walker) summary() string {
	text := fmt.Sprintf("%d events of %d nodes and %d clients", len(w.trace.Events), len(w.trace.Nodes), len(w.trace.Clients))
	if at, ok := w.trace.Violated(); ok {
		text += fmt.Sprintf(", the violation is event %d", at+1)
	}
	return text
}

// obey does as it is told and says whether to leave.
func (w *walker) obey(order string) bool {
	n, err := strconv.Atoi(order)
	switch {
	case order == "":
		w.advance(1)
	case err == nil && n > 0:
		w.advance(n)
	case order == "v":
		w.upTo(trace.Violation, "violation")
	case order == "o":
		w.upTo(trace.Invoke, "operation")
	case order == "s":
		w.printf("%s", w.state)
	case order == "q":
		return true
	default:
		w.printf("%q is none of these:\n%s", order, help)
	}
	return w.err != nil
}

func (w *walker) upTo(kind trace.Kind, name string) {
	for i := w.next; i < len(w.trace.Events); i++ {
		if w.trace.Events[i].Kind == kind {
			w.advance(i + 1 - w.next)
			return
		}
	}
	w.printf("from here on there is no %s\n", name)
}

// advance shows so many events.
func (w *walker) advance(n int) {
	for ; n > 0 && w.next < len(w.trace.Events); n-- {
		e := w.trace.Events[w.next]
		w.next++
		w.printf("%*d  %s  %s\n", len(strconv.Itoa(len(w.trace.Events))), w.next, w.moment(e), w.state.tell(e))
		w.state.after(e)
	}
}

func (w *walker) moment(e trace.Event) string {
	if w.trace.Clock == trace.Steps {
		return fmt.Sprintf("step %d", e.At)
	}
	return fmt.Sprintf("%.6f s", e.At.Seconds())
}
