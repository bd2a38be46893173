package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// logTable are the lines of the nodes' logs from around the first finding.
type logTable struct {
	// Around says which time they are from.
	Around string
	Nodes  []nodeLog
}

type nodeLog struct {
	Node string
	// Note says what there is to know of the lines: how many are left out, or why
	// there are none.
	Note  string
	Lines []logLine
}

// Count is "12 lines".
func (l nodeLog) Count() string { return checkers.Count(len(l.Lines), "line") }

type logLine struct {
	When string
	Text string
	// During says that the line was written while the finding's operations ran.
	During bool
}

const (
	mostLogged    = 40
	mostLogNodes  = 12
	mostLogLength = 300
	// mostLogBytes is how much of a log is read.
	mostLogBytes = 256 << 20
	// logBefore and logAfter are how much is shown before a finding's first operation
	// and after its last.
	logBefore, logAfter = 2 * time.Second, time.Second
	// longFinding is from when on a finding is so long that what matters is where it
	// came out: its last operation.
	longFinding = 20 * time.Second
)

// tabulateLogs reads the logs below the run's directory. There are none to show if
// there is no finding, or no directory.
func tabulateLogs(in Input, r record) logTable {
	from, to, known := firstFinding(r, in.Verdict)
	if in.Dir == "" || in.Run.Started.IsZero() || !known {
		return logTable{}
	}
	t := logTable{Around: fmt.Sprintf("from %s to %s, around the first finding", moment(max(0, from-logBefore), 1), moment(to+logAfter, 1))}
	paths, _ := filepath.Glob(filepath.Join(in.Dir, "nodes", "*", "log.txt"))
	slices.SortStableFunc(paths, func(a, b string) int { return turn(in.Run, a) - turn(in.Run, b) })
	for _, path := range paths[:min(len(paths), mostLogNodes)] {
		log, err := readLog(path, logWindow{began: in.Run.Started, zone: zoneOfLogs(in.Run), from: from, to: to})
		if err != nil {
			log.Note = tidy(err.Error(), 200)
		}
		log.Node = tidy(filepath.Base(filepath.Dir(path)), 60)
		t.Nodes = append(t.Nodes, log)
	}
	return t
}

// turn is when a log is shown: those of nodes before those of what ran beside them.
func turn(run results.Run, path string) int {
	if slices.Contains(run.Nodes, filepath.Base(filepath.Dir(path))) {
		return 0
	}
	return 1
}

// firstFinding is when the first finding that names operations happened.
func firstFinding(r record, v checkers.Verdict) (from, to time.Duration, known bool) {
	for _, f := range everyFinding(v) {
		calls := lookUp(r.calls, f.Culprits)
		if len(calls) == 0 {
			continue
		}
		from, to = history.Never, 0
		for _, c := range calls {
			from, to = min(from, c.Start), max(to, r.over(c))
		}
		if to-from > longFinding {
			from = slices.MaxFunc(calls, func(a, b history.Call) int { return int(r.over(a) - r.over(b)) }).Start
		}
		return from, to, true
	}
	return 0, 0, false
}

// zoneOfLogs is where clocks are that say no zone: containers have UTC, processes of
// this machine what it has.
func zoneOfLogs(run results.Run) *time.Location {
	if run.Runtime == "local" {
		return time.Local
	}
	return time.UTC
}

func readLog(path string, w logWindow) (nodeLog, error) {
	file, err := os.Open(path)
	if err != nil {
		return nodeLog{}, err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(io.LimitReader(file, mostLogBytes), 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		w.take(line)
		for err == bufio.ErrBufferFull { // the rest of a line that is too long for anybody
			_, err = lines.ReadSlice('\n')
		}
		if err == io.EOF {
			return w.log(), nil
		}
		if err != nil {
			return w.log(), err
		}
	}
}

// logWindow collects lines: those of a time, and the last ones, in case no line bears
// a time.
type logWindow struct {
	began    time.Time
	zone     *time.Location
	from, to time.Duration
	lines    []logLine
	left     int
	// timed counts the lines with a time; at is that of the line before.
	timed int
	at    time.Duration
	tail  []string
}

func (w *logWindow) take(raw []byte) {
	raw = bytes.TrimRight(raw, "\r\n")
	if len(raw) == 0 {
		return
	}
	if when, is := stamp(raw, w.zone); is {
		w.timed++
		w.at = when.Sub(w.began)
	}
	if w.timed == 0 {
		w.tail = append(w.tail, tidy(string(raw[:min(len(raw), 4*mostLogLength)]), mostLogLength))
		w.tail = w.tail[max(0, len(w.tail)-10):]
		return
	}
	// A line without a time belongs to the one before, as in a stack trace.
	if w.at < w.from-logBefore || w.at > w.to+logAfter {
		return
	}
	if len(w.lines) == mostLogged {
		w.left++
		w.lines = w.lines[:copy(w.lines, w.lines[1:])]
	}
	w.lines = append(w.lines, logLine{
		When: moment(w.at, 3), Text: tidy(string(raw[:min(len(raw), 4*mostLogLength)]), mostLogLength),
		During: w.from <= w.at && w.at <= w.to,
	})
}

func (w *logWindow) log() nodeLog {
	switch {
	case w.timed == 0 && len(w.tail) == 0:
		return nodeLog{Note: "the log is empty"}
	case w.timed == 0:
		log := nodeLog{Note: "no line bears a time that could be read; these are the last ones"}
		for _, text := range w.tail {
			log.Lines = append(log.Lines, logLine{Text: text})
		}
		return log
	case len(w.lines) == 0:
		return nodeLog{Note: "nothing was logged then"}
	case w.left > 0:
		return nodeLog{Note: checkers.Count(w.left, "earlier line") + " of this time are only in the log", Lines: w.lines}
	}
	return nodeLog{Lines: w.lines}
}

// The ways in which logs write times: with the year first, as most do, and as Redis
// does.
var (
	yearFirst = regexp.MustCompile(`(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?`)
	dayFirst  = regexp.MustCompile(`(\d\d) ([A-Z][a-z][a-z]) (\d{4}) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?`)
)

// stampWithin is how far into a line its time ends, at the latest.
const stampWithin = 120

// stamp is the time that a line of a log bears, in a zone if it names none itself.
func stamp(line []byte, zone *time.Location) (time.Time, bool) {
	line = line[:min(len(line), stampWithin)]
	if m := yearFirst.FindSubmatch(line); m != nil {
		return date(m[1], number(m[2]), m[3], m[4:8], zoneOf(string(m[8]), zone)), true
	}
	if m := dayFirst.FindSubmatch(line); m != nil {
		if month := slices.Index(months, string(m[2])) + 1; month > 0 {
			return date(m[3], month, m[1], m[4:8], zone), true
		}
	}
	return time.Time{}, false
}

var months = strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")

// date puts a time together: clock is hours, minutes, seconds and their decimals.
func date(year []byte, month int, day []byte, clock [][]byte, zone *time.Location) time.Time {
	nanoseconds := number([]byte((string(clock[3]) + "000000000")[:9]))
	return time.Date(number(year), time.Month(month), number(day), number(clock[0]), number(clock[1]), number(clock[2]), nanoseconds, zone)
}

// zoneOf is a zone such as Z or +02:00, or the other one if there is none.
func zoneOf(text string, other *time.Location) *time.Location {
	digits := strings.ReplaceAll(text, ":", "")
	switch {
	case digits == "Z":
		return time.UTC
	case len(digits) != len("+0200"):
		return other
	}
	ahead := 3600*number([]byte(digits[1:3])) + 60*number([]byte(digits[3:]))
	if digits[0] == '-' {
		ahead = -ahead
	}
	return time.FixedZone("", ahead)
}

// number reads digits.
func number(digits []byte) int {
	n := 0
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}
