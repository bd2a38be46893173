package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

func TestLabels(t *testing.T) {
	cas := history.Ints(3, 4)
	for want, c := range map[string]history.Call{
		"write 17":            {F: "write", In: history.Int(17), Out: history.Int(17), Type: history.OK},
		"write 18":            {F: "write", In: history.Int(18), Type: history.OK},
		"read → 12":           {F: "read", Out: history.Int(12), Type: history.OK},
		"read → nothing":      {F: "read", Type: history.OK},
		"cas 3→4":             {F: "cas", In: cas, Out: cas, Type: history.OK},
		"cas 3→4 ✗":           {F: "cas", In: cas, Type: history.Fail},
		"cas 3→4 ?":           {F: "cas", In: cas, Type: history.Info},
		"read ?":              {F: "read", Type: history.Info},
		"read → [1–5 7 9 10]": {F: "read", Out: history.Ints(1, 2, 3, 4, 5, 7, 9, 10), Type: history.OK},
		"read → []":           {F: "read", Out: history.List(), Type: history.OK},
		"append 4 → [1 4]":    {F: "append", In: history.Int(4), Out: history.Ints(1, 4), Type: history.OK},
		"send “a\\nb”":        {F: "send", In: history.String("a\nb"), Type: history.OK},
	} {
		if got := label(c, 40); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestALongListSaysHowMuchIsMissing(t *testing.T) {
	var odd []int
	for i := range 1000 {
		odd = append(odd, 2*i)
	}
	got := brief(history.Ints(odd...), 20)
	if want := "[0 2 4 6 8 10 12 14 … 992 more]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestOperationsAreCountedByKind(t *testing.T) {
	m := newMaker(1)
	for i := range 100 {
		m.call(history.Op{Process: i, F: "read", Time: ms(float64(i))}, ms(float64(i+1)), history.OK, history.Value{}, "")
	}
	m.call(history.Op{Process: 200, F: "read", Time: ms(1)}, ms(500), history.Info, history.Value{}, "timeout")
	m.call(history.Op{Process: 201, F: "read", Time: ms(900), Final: true}, ms(1), history.OK, history.Value{}, "")
	m.call(history.Op{Process: 202, F: "write", Time: ms(901)}, ms(1), history.Fail, history.Value{}, "no leader")
	rows := tabulateKinds(look(m.history()))
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.Name, " ", r.Total, " ", r.OK, " ", r.Failed, " ", r.Unknown, " | ", r.P50, " ", r.P95, " ", r.P99, " ", r.Max))
	}
	want := []string{"read 101 100 0 1 | 50 ms 95 ms 99 ms 100 ms", "read (final) 1 1 0 0 | 1 ms 1 ms 1 ms 1 ms", "write 1 0 1 0 | – – – –"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestErrorsThatDifferInNumbersAreOneGroup(t *testing.T) {
	m := newMaker(1)
	for i := range 30 {
		m.call(history.Op{Process: i, F: "read", Node: "n1", Time: ms(float64(i))}, ms(1), history.Fail, history.Value{}, fmt.Sprintf("dial tcp 127.0.0.1:%d: refused", 30000+i*97))
	}
	m.call(history.Op{Process: 99, F: "cas", Node: "n2", Time: ms(50)}, ms(1), history.Fail, history.Value{}, history.Mismatch)
	table := tabulateErrors(look(m.history()))
	if len(table.Rows) != 2 || table.Rows[0].Count != "30" || table.Rows[0].Example != "dial tcp 127.0.0.1:30000: refused" {
		t.Errorf("%+v", table)
	}
	if !strings.Contains(table.Rows[1].Example, "found another value") {
		t.Errorf("%+v", table.Rows[1])
	}
}

func TestFaultsSayWhetherTheyReallyStruck(t *testing.T) {
	in := staleRead()
	table := tabulateFaults(look(in.History))
	if len(table.Rows) != 4 || !strings.HasPrefix(table.Summary, "2 × partition (2 verified, 11.5 s in all)") {
		t.Fatalf("%+v", table)
	}
	requireCoverage(t, table.Coverage)
	kill, pause := table.Rows[1], table.Rows[3]
	if !kill.Verified || !kill.Healed || kill.When != "11.5 s – 15.5 s" || kill.Lasted != "4 s" {
		t.Errorf("kill: %+v", kill)
	}
	if pause.Verified || pause.Error != "n2 still answers n1" {
		t.Errorf("pause: %+v", pause)
	}
	m := newMaker(1)
	m.call(history.Op{Process: 1, F: "read", Time: ms(40)}, ms(20), history.OK, history.Value{}, "")
	m.fault("kill", "n1", []string{"n1"}, ms(50), ms(100), true)
	m.timed = m.timed[:len(m.timed)-2] // it was never healed
	m.call(history.Op{Process: 1, F: "read", Time: ms(200)}, ms(1), history.OK, history.Value{}, "")
	row := tabulateFaults(look(m.history())).Rows[0]
	if !strings.HasSuffix(row.When, " – end") || row.Healed || row.OK != "2" {
		t.Errorf("never healed: %+v", row)
	}
}

func requireCoverage(t *testing.T, rows []coverRow) {
	t.Helper()
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r.Name, " ", r.Injected, " ", r.Verified, " ", r.Doubtful, " ", r.Nodes, " ", r.Total, " ", r.Operations))
	}
	if len(got) != 3 || !strings.HasPrefix(got[0], "partition 2 2 false ") || !strings.HasPrefix(got[2], "pause 1 0 true ") {
		t.Errorf("%q", got)
	}
}

func TestAFaultThatNeverStruckIsTold(t *testing.T) {
	rows := tabulateCoverage([]history.Coverage{{Fault: "clock", Shape: "jump", Missed: 1}})
	if want := (coverRow{Name: "clock", Shape: "jump", Injected: "never", Verified: "0", Doubtful: true, Operations: "0"}); len(rows) != 1 || rows[0] != want {
		t.Errorf("%+v", rows)
	}
}

func TestChartsLeaveGapsWhereNothingSucceeded(t *testing.T) {
	m := newMaker(1)
	for i := range 100 {
		how := history.OK
		if i >= 40 && i < 60 {
			how = history.Info
		}
		m.call(history.Op{Process: i, F: "read", Time: ms(float64(i) * 100)}, ms(2), how, history.Value{}, "")
	}
	r := look(m.history())
	grid := newGrid(r)
	if c := latency(r, grid); strings.Count(c.Lines[0].Path, "M") != 2 {
		t.Errorf("path %s", c.Lines[0].Path)
	}
	c := throughput(r, grid)
	unknown := 0
	for _, column := range c.Columns {
		for _, p := range column.Parts {
			if p.Class == "unknown" {
				unknown++
			}
			if p.Y < c.Top-0.1 || p.Y+p.Height > c.Bottom+0.1 {
				t.Errorf("a column leaves the plot: %+v", p)
			}
		}
	}
	if unknown != 20 {
		t.Errorf("%d columns show unknown operations", unknown)
	}
}

func TestTheScaleOfLatenciesHoldsThemAll(t *testing.T) {
	for _, c := range []struct{ least, most float64 }{{0.001, 0.001}, {1.8, 17}, {0.2, 4000}, {5, 5}, {0.000001, 100000}} {
		levels := logLevels([][]time.Duration{{ms(c.least), ms(c.most)}})
		if len(levels) < 2 || levels[0] > ms(c.least) || levels[len(levels)-1] < ms(c.most) {
			t.Errorf("%v: %v", c, levels)
		}
	}
}

func TestSidesOfAPartitionAreToldApart(t *testing.T) {
	m := newMaker(1)
	f := &history.Fault{ID: 1, Name: "partition", Nodes: []string{"n1"}, Detail: "n1 | n2 n3", Sides: [][]string{{"n1"}, {"n2", "n3"}}}
	for i, op := range []history.Op{{Type: history.Invoke, F: history.Inject}, {Type: history.OK, F: history.Inject}, {Type: history.Invoke, F: history.Heal}, {Type: history.OK, F: history.Heal}} {
		op.Process, op.Fault, op.Time = history.Nemesis, f, ms([]float64{1000, 1001, 2000, 2001}[i])
		m.timed = append(m.timed, op)
	}
	for i := range 300 {
		at, node := float64(i)*10+5, fmt.Sprint("n", i%3+1)
		how, message := history.OK, ""
		if node == "n1" && at > 1000 && at < 2300 {
			how, message = history.Fail, "no leader"
		}
		m.call(history.Op{Process: i, Node: node, F: "read", Time: ms(at)}, ms(2), how, history.Value{}, message)
	}
	r := look(m.history())
	a := newAvailable(r, newGrid(r))
	if len(a.Windows) != 3 || a.Windows[1].Name != "side n1" || a.Windows[1].Answered != "0 %" || a.Windows[2].Answered != "100 %" {
		t.Fatalf("%+v", a.Windows)
	}
	if text := strings.Join(a.Windows[0].Recovery, ", "); !strings.Contains(text, "n1 after 302 ms") {
		t.Errorf("n1 was back 0.3 s after the partition, not: %s", text)
	}
	dark := 0
	for _, lane := range a.Nodes.Lanes {
		for _, cell := range lane.Cells {
			if cell.High == 0 {
				dark++
				if lane.Name != "n1" || cell.X < 33 || cell.X+cell.Width > 80 {
					t.Errorf("%s was not without answers at %v + %v %%", lane.Name, cell.X, cell.Width)
				}
			}
		}
	}
	if dark == 0 {
		t.Error("n1 is nowhere without answers")
	}
}
