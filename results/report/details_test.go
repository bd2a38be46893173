package report

import (
	"testing"

	"github.com/assaykit/assay/harness/history"
)

func TestKindsAndOutcomesHaveChartsOfTheirOwn(t *testing.T) {
	m := newMaker(1)
	for i := range 600 {
		at := ms(float64(i) * 10)
		m.call(history.Op{Process: i, F: "read", Time: at}, ms(1), history.OK, history.Value{}, "")
		switch {
		case i%3 == 0:
			m.call(history.Op{Process: 1000 + i, F: "write", Time: at}, ms(5), history.OK, history.Value{}, "")
		case i%50 == 1:
			m.call(history.Op{Process: 1000 + i, F: "write", Time: at}, ms(900), history.Info, history.Value{}, "deadline exceeded")
		}
	}
	charts := map[string]chart{}
	for _, c := range detailCharts(look(m.history())) {
		charts[c.ID] = c
	}
	for id, title := range map[string]string{"throughput-0": "Throughput of read", "latency-0": "Latency of read", "throughput-1": "Throughput of write",
		"latency-1": "Latency of write", "latency-unknown": "Latency of unknown outcomes"} {
		if charts[id].Title != title {
			t.Errorf("%s is %q", id, charts[id].Title)
		}
	}
	if len(charts) != 5 {
		t.Errorf("%d charts: nothing failed", len(charts))
	}
	for _, row := range charts["latency-unknown"].Table.Rows {
		if row[2] != "900 ms" || row[5] != "900 ms" {
			t.Errorf("clients waited 900 ms, not %v", row)
		}
	}
	for _, row := range charts["latency-1"].Table.Rows {
		if row[2] != "5 ms" {
			t.Errorf("writes took 5 ms, not %v", row)
		}
	}
}

// The tables have what is drawn, to the last operation.
func TestTablesBehindChartsHaveEverything(t *testing.T) {
	r := look(staleRead().History)
	var want outcomes
	for _, c := range r.calls {
		want.add(c.Type)
	}
	var got [3]int
	for _, row := range throughput(r, newGrid(r)).Table.Rows {
		for i := range got {
			got[i] += number([]byte(row[2+i]))
		}
	}
	if got != [3]int{want.ok, want.failed, want.unknown} {
		t.Errorf("%v in the table, %+v in the history", got, want)
	}
	for _, c := range []chart{throughput(r, newGrid(r)), latency(r, newGrid(r))} {
		if len(c.Table.Rows) != len(c.Columns) || len(c.Table.Rows[0]) != len(c.Table.Head) {
			t.Errorf("%s: %d rows of %d for %d columns", c.ID, len(c.Table.Rows), len(c.Table.Head), len(c.Columns))
		}
	}
}
