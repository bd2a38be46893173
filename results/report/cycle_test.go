package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/listappend"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/results"
)

// fork is a long fork of four transactions, and a lost update of two.
var fork = []struct {
	process int
	outcome history.Type
	value   string
}{
	{0, history.Invoke, `[["append","x",1]]`},
	{1, history.Invoke, `[["append","y",1]]`},
	{2, history.Invoke, `[["r","x",null],["r","y",null]]`},
	{3, history.Invoke, `[["r","x",null],["r","y",null]]`},
	{0, history.OK, `[["append","x",1]]`},
	{1, history.OK, `[["append","y",1]]`},
	{2, history.OK, `[["r","x",[1]],["r","y",null]]`},
	{3, history.OK, `[["r","x",null],["r","y",[1]]]`},
	{4, history.Invoke, `[["r","z",null],["append","z",2]]`},
	{5, history.Invoke, `[["r","z",null],["append","z",3]]`},
	{4, history.OK, `[["r","z",null],["append","z",2]]`},
	{5, history.OK, `[["r","z",null],["append","z",3]]`},
	{6, history.Invoke, `[["r","z",null]]`},
	{6, history.OK, `[["r","z",[2,3]]]`},
}

func forked(t *testing.T) *history.History {
	t.Helper()
	h := &history.History{}
	for i, line := range fork {
		op := history.Op{Index: i, Process: line.process, Type: line.outcome, F: "txn", Node: []string{"n1", "n2", "n3"}[line.process%3], Time: time.Duration(i) * time.Millisecond}
		if err := json.Unmarshal([]byte(line.value), &op.Value); err != nil {
			t.Fatal(err)
		}
		h.Ops = append(h.Ops, op)
	}
	return h
}

func TestACycleIsDrawn(t *testing.T) {
	h := forked(t)
	v, err := listappend.New(listappend.Options{}).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := Render(&page, Input{Run: results.Run{}, Verdict: v, History: h}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`class="arrow rw"`, `class="arrow wr"`, `class="arrow ww"`,
		`aria-label="A cycle: T1 before T2 (rw), T2 before T3 (wr), T3 before T4 (rw), T4 before T1 (wr)"`,
		`<tspan class="called">T4</tspan>`, `rw: it missed what the next one wrote`, `[append y 1]`,
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("there is no %s", want)
		}
	}
	if *pages != "" {
		if err := os.WriteFile(filepath.Join(*pages, "cycle.html"), page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Boxes never overlap, arrows lead from each to the next, and everything is inside.
func TestACycleOfAnyLengthFits(t *testing.T) {
	for n := 2; n <= mostBoxes; n++ {
		h := &history.History{}
		var cycle []checkers.Dependency
		for i := range n {
			h.Ops = append(h.Ops,
				history.Op{Index: 2 * i, Process: i, F: "txn", Time: time.Duration(i)},
				history.Op{Index: 2*i + 1, Process: i, Type: history.OK, F: "txn", Time: time.Duration(i) + 1})
			cycle = append(cycle, checkers.Dependency{From: 2 * i, To: 2 * ((i + 1) % n), Kind: "ww"})
		}
		views := drawCycle(h.Calls(), cycle, 3)
		if len(views) != 2 {
			t.Fatalf("%d: %d views", n, len(views))
		}
		for _, v := range views {
			checkCycle(t, n, v)
		}
	}
}

func checkCycle(t *testing.T, n int, v cycleView) {
	t.Helper()
	if len(v.Boxes) != n || len(v.Arrows) != n {
		t.Fatalf("%d: %+v", n, v)
	}
	for i, a := range v.Boxes {
		if a.X < 0 || a.Y < 0 || a.X+a.Width > v.Width || a.Y+a.Height > v.Height {
			t.Errorf("%d: box %d is outside: %+v", n, i, a)
		}
		for j, b := range v.Boxes[:i] {
			if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
				t.Errorf("%d: boxes %d and %d overlap", n, i, j)
			}
		}
	}
	for i, a := range v.Arrows {
		if a.PillX() < 0 || a.PillX()+a.PillWidth() > v.Width || a.LabelY > v.Height {
			t.Errorf("%d: the label of arrow %d is outside: %+v", n, i, a)
		}
	}
}

func TestWhatIsNoCycleIsNotDrawn(t *testing.T) {
	calls := forked(t).Calls()
	for _, cycle := range [][]checkers.Dependency{
		nil,
		{{From: 0, To: 0}},
		{{From: 0, To: 1}, {From: 2, To: 0}},
		{{From: 0, To: 99}, {From: 99, To: 0}},
		make([]checkers.Dependency, mostBoxes+1),
	} {
		if v := drawCycle(calls, cycle, 3); v != nil {
			t.Errorf("%v: %+v", cycle, v)
		}
	}
}
