package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// mostLine is the longest line that Decode takes, in bytes.
const mostLine = 64 << 20

// Decode reads what Encode wrote. An error names the line and what is wrong in
// it. Empty lines, and lines that begin with '%', are passed over: they are for
// those who edit a trace by hand.
func Decode(r io.Reader) (*Trace, error) {
	d := decoder{trace: &Trace{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, mostLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if line == "" || line[0] == '%' {
			continue
		}
		if err := d.line(line); err != nil {
			return nil, fmt.Errorf("trace, line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read a trace: %w", err)
	}
	if d.seen < len(head) {
		return nil, fmt.Errorf("trace: it ends before its line %q", head[d.seen])
	}
	return d.trace, nil
}

// head are the words with which the first lines begin, in order.
var head = []string{header, "clock", "nodes", "clients"}

type decoder struct {
	trace *Trace
	// seen counts lines of the head.
	seen int
}

func (d *decoder) line(line string) error {
	if d.seen == len(head) {
		e, err := d.trace.Clock.event(line)
		d.trace.Events = append(d.trace.Events, e)
		return err
	}
	want := head[d.seen]
	rest, ok := strings.CutPrefix(line, want)
	if !ok || rest != "" && rest[0] != ' ' {
		return fmt.Errorf("%q where %q was expected", clip(line), want)
	}
	d.seen++
	return d.head(want, strings.Fields(rest))
}

func (d *decoder) head(word string, values []string) (err error) {
	switch word {
	case "clock":
		d.trace.Clock, err = parseClock(values)
	case "nodes":
		d.trace.Nodes, err = unescapeAll(values)
	case "clients":
		d.trace.Clients, err = unescapeAll(values)
	default:
		if len(values) > 0 {
			err = fmt.Errorf("%q after %q", values[0], word)
		}
	}
	return err
}

func parseClock(values []string) (Clock, error) {
	switch strings.Join(values, " ") {
	case "time":
		return Time, nil
	case "steps":
		return Steps, nil
	}
	return 0, fmt.Errorf("the clock is %q: neither time nor steps", strings.Join(values, " "))
}

// event reads one line: the time, then what String wrote.
func (c Clock) event(line string) (Event, error) {
	at, rest, _ := strings.Cut(line, " ")
	moment, err := c.parseMoment(at)
	if err != nil {
		return Event{}, err
	}
	e, err := ParseEvent(rest)
	e.At = moment
	return e, err
}

// ParseEvent reads what Event.String wrote.
func ParseEvent(line string) (Event, error) {
	f := fields(line)
	e := Event{Kind: parseKind(f.next())}
	if e.Kind == 0 {
		word, _, _ := strings.Cut(line, " ")
		return e, fmt.Errorf("%q is no kind of event", clip(word))
	}
	err := f.where(&e)
	if err == nil && e.Kind.numbered() {
		e.Number, err = parseNumber(f.next())
	}
	if err == nil && e.Kind == Fault {
		e.Nodes, err = parseList(f.next())
	}
	if err == nil && e.Kind == Complete {
		e.Outcome, err = parseOutcome(f.next())
	}
	if err == nil {
		e.Text, err = unescape(f.rest())
	}
	return e, err
}

// fields is what is left of a line.
type fields string

func (f *fields) next() string {
	word, rest, _ := strings.Cut(string(*f), " ")
	*f = fields(rest)
	return word
}

func (f *fields) rest() string { return string(*f) }

// where reads the lane of an event, or both ends of a message.
func (f *fields) where(e *Event) (err error) {
	switch {
	case e.Kind.message():
		word := f.next()
		from, to, ok := strings.Cut(word, "->")
		if !ok {
			return fmt.Errorf("%q where a message has its ends, like n1->n2", clip(word))
		}
		if e.Node, err = unescape(from); err != nil {
			return err
		}
		e.Peer, err = unescape(to)
	case e.Kind == Fault || e.Kind == Heal || e.Kind == Violation && strings.HasPrefix(string(*f), "#"):
	default:
		word := f.next()
		if word == "" {
			return fmt.Errorf("%s does not say on which node", e.Kind)
		}
		e.Node, err = unescape(word)
	}
	return err
}

func parseKind(word string) Kind {
	for k, name := range kinds {
		if name == word {
			return k
		}
	}
	return 0
}

func parseOutcome(word string) (Outcome, error) {
	for o, name := range outcomes {
		if name == word {
			return o, nil
		}
	}
	return 0, fmt.Errorf("%q is no outcome: ok, fail or info", clip(word))
}

func parseNumber(word string) (int, error) {
	digits, ok := strings.CutPrefix(word, "#")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0, fmt.Errorf("%q where a number like #1 was expected", clip(word))
	}
	return n, nil
}

func parseList(word string) ([]string, error) {
	if word == everywhere {
		return nil, nil
	}
	if word == "" {
		return nil, errors.New("a fault does not say on which nodes")
	}
	return unescapeAll(strings.Split(word, ","))
}

func (c Clock) parseMoment(text string) (time.Duration, error) {
	if c == Steps {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of a step", clip(text))
		}
		return time.Duration(n), nil
	}
	seconds, fraction, ok := strings.Cut(text, ".")
	s, err := strconv.ParseUint(seconds, 10, 32)
	n, errFraction := strconv.ParseUint(fraction, 10, 32)
	if !ok || err != nil || errFraction != nil || len(fraction) != 9 {
		return 0, fmt.Errorf("%q is no time in seconds with nine places", clip(text))
	}
	return time.Duration(s)*time.Second + time.Duration(n), nil
}

func unescapeAll(words []string) ([]string, error) {
	var all []string
	for _, w := range words {
		s, err := unescape(w)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b []byte
	for rest := s; rest != ""; {
		if rest[0] != '\\' {
			b, rest = append(b, rest[0]), rest[1:]
			continue
		}
		r, multibyte, tail, err := strconv.UnquoteChar(rest, 0)
		if err != nil {
			return "", fmt.Errorf("%q is not escaped as in Go", clip(s))
		}
		if rest = tail; multibyte {
			b = append(b, string(r)...)
		} else {
			b = append(b, byte(r))
		}
	}
	return string(b), nil
}

// clip keeps an error on its line.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
