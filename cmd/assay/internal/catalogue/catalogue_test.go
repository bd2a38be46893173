package catalogue

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/protocols/raft"
)

func TestEveryMistakeOfTheDemoIsInTheCatalogue(t *testing.T) {
	for _, m := range raft.Mistakes() {
		rows, unknown := Find([]string{"demo-" + string(m.Bug)})
		if unknown != "" || len(rows) != 1 || !rows[0].Invalid || rows[0].Source == "" {
			t.Errorf("%s: %v", m.Bug, rows)
		}
	}
}

func TestIdentifiersAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rows() {
		if seen[r.ID] || r.ID == "" {
			t.Errorf("%q stands twice", r.ID)
		}
		seen[r.ID] = true
	}
	if _, unknown := Find([]string{"etcd", "nothing"}); unknown != "nothing" {
		t.Errorf("unknown is %q", unknown)
	}
}

var (
	broken  = Row{ID: "broken", About: "a broken one", Args: []string{"demo"}, Invalid: true}
	control = Row{ID: "control", About: "a good one", Args: []string{"etcd", "--nodes", "5"}}
)

// codes answers for row and seed 1, 2, 3.
var codes = map[string][]int{"broken": {1, 0, 2}, "control": {0, 3, 0}}

func TestTryCountsWhatEndedAsExpected(t *testing.T) {
	var atOnce, most atomic.Int64
	run := func(_ context.Context, row Row, seed int64) (Outcome, error) {
		most.Store(max(most.Load(), atOnce.Add(1)))
		defer atOnce.Add(-1)
		out := Outcome{Code: codes[row.ID][seed-1], Seen: -1}
		if out.Code == 1 {
			out.Anomalies, out.Seen = []string{"lost", "stale-read"}, time.Duration(seed)*1500*time.Millisecond
		}
		return out, nil
	}
	var log, table bytes.Buffer
	rows := []Row{broken, control}
	attempts, err := Try(t.Context(), rows, []int64{1, 2, 3}, 2, run, &log)
	if err != nil {
		t.Fatal(err)
	}
	if len(attempts) != 6 || most.Load() > 2 {
		t.Errorf("%d attempts, %d at once", len(attempts), most.Load())
	}
	if got := strings.Count(log.String(), "NOT AS EXPECTED"); got != 3 {
		t.Errorf("%d of 3 surprises were told:\n%s", got, log.String())
	}
	if err := Table(&table, rows, attempts); err != nil {
		t.Fatal(err)
	}
	want := "| experiment | `assay test ...` | must be | was | seen after |\n|---|---|---|---|---|\n" +
		"| a broken one | `demo` | invalid | 1 of 3 | 2 s |\n" +
		"| a good one | `etcd --nodes 5` | valid | 2 of 3 |  |\n"
	if table.String() != want {
		t.Errorf("%s\nwant\n%s", table.String(), want)
	}
}

func TestTryEndsWithTheContextAndTellsErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := func(context.Context, Row, int64) (Outcome, error) {
		cancel()
		return Outcome{}, errors.New("no such program")
	}
	attempts, err := Try(ctx, []Row{control}, []int64{1, 2, 3}, 1, run, &bytes.Buffer{})
	if len(attempts) != 0 || err == nil {
		t.Errorf("%d attempts, error %v", len(attempts), err)
	}
}

// What was interrupted says nothing of its experiment, nor does one that was not begun.
func TestInterruptedRunsDoNotCount(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := func(_ context.Context, _ Row, seed int64) (Outcome, error) {
		if seed == 2 {
			cancel()
			return Outcome{Code: 2}, nil
		}
		return Outcome{}, nil
	}
	later := Row{ID: "later", About: "another one"}
	rows := []Row{control, later}
	attempts, err := Try(ctx, rows, []int64{1, 2, 3}, 1, run, &bytes.Buffer{})
	if len(attempts) != 1 || err != nil {
		t.Errorf("%d attempts, error %v", len(attempts), err)
	}
	var table bytes.Buffer
	if err := Table(&table, rows, attempts); err != nil || !strings.Contains(table.String(), "| 1 of 1 |") || strings.Contains(table.String(), later.About) {
		t.Errorf("error %v:\n%s", err, &table)
	}
}

// A run that is invalid for another reason than the one that must be found is none.
func TestTheFindingHasToBeTheRightOne(t *testing.T) {
	lost := Row{Invalid: true, Findings: []string{"lost", "stale"}}
	for _, c := range []struct {
		row   Row
		out   Outcome
		right bool
	}{
		{lost, Outcome{Code: 1, Anomalies: []string{"duplicated", "lost"}}, true},
		{lost, Outcome{Code: 1, Anomalies: []string{"duplicated"}}, false},
		{lost, Outcome{Code: 2, Anomalies: []string{"lost"}}, false},
		{Row{Invalid: true}, Outcome{Code: 1, Anomalies: []string{"duplicated"}}, true},
		{Row{}, Outcome{Code: 0}, true},
		{Row{}, Outcome{Code: 2}, false},
	} {
		if got := (Attempt{Row: c.row, Outcome: c.out}).AsExpected(); got != c.right {
			t.Errorf("%+v %+v: %v", c.row, c.out, got)
		}
	}
}

func TestAFindingIsSeenOnceAllItsCulpritsWereAnswered(t *testing.T) {
	h := &history.History{Ops: []history.Op{
		{Process: 0, Type: history.Invoke, F: "write", Time: 10},
		{Process: 1, Type: history.Invoke, F: "write", Time: 11},
		{Process: 0, Type: history.OK, F: "write", Time: 20},
		{Process: 0, Type: history.Invoke, F: "read", Time: 30},
		{Process: 0, Type: history.OK, F: "read", Time: 40},
		{Process: 0, Type: history.Invoke, F: "read", Time: 50, Final: true},
		{Process: 0, Type: history.OK, F: "read", Time: 60, Final: true},
	}}
	for _, c := range []struct {
		culprits [][]int
		want     time.Duration
	}{
		{nil, -1},
		{[][]int{{0, 3}}, 35},
		{[][]int{{1, 3}}, 35}, // one of unknown outcome is never answered
		{[][]int{{0, 3}, {0}}, 15},
		{[][]int{{0, 5}}, -1},
		{[][]int{{99}}, -1},
	} {
		var findings []checkers.Finding
		for _, culprits := range c.culprits {
			findings = append(findings, checkers.Finding{Culprits: culprits})
		}
		if got := seen(findings, h, 5); got != c.want {
			t.Errorf("%v: got %d, want %d", c.culprits, got, c.want)
		}
	}
}
