package catalogue

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

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
	run := func(_ context.Context, row Row, seed int64) (int, error) {
		most.Store(max(most.Load(), atOnce.Add(1)))
		defer atOnce.Add(-1)
		return codes[row.ID][seed-1], nil
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
	want := "| experiment | `assay test ...` | must be | was |\n|---|---|---|---|\n" +
		"| a broken one | `demo` | invalid | 1 of 3 |\n" +
		"| a good one | `etcd --nodes 5` | valid | 2 of 3 |\n"
	if table.String() != want {
		t.Errorf("%s\nwant\n%s", table.String(), want)
	}
}

func TestTryEndsWithTheContextAndTellsErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	run := func(context.Context, Row, int64) (int, error) {
		cancel()
		return 0, errors.New("no such program")
	}
	attempts, err := Try(ctx, []Row{control}, []int64{1, 2, 3}, 1, run, &bytes.Buffer{})
	if len(attempts) != 0 || err == nil {
		t.Errorf("%d attempts, error %v", len(attempts), err)
	}
}
