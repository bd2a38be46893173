package report

import (
	"fmt"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
)

func TestAgesAreCountedIntoBins(t *testing.T) {
	got := fmt.Sprint(bins([]time.Duration{ms(3), ms(1), ms(1.5), ms(40), ms(2)}))
	if want := fmt.Sprint([]bin{{ms(1), 1}, {ms(2), 2}, {ms(5), 1}, {ms(10), 0}, {ms(20), 0}, {ms(50), 1}}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestStaleReadsAreShownByTheirAge(t *testing.T) {
	m := newMaker(1)
	write := func(at float64, value int) {
		m.call(history.Op{Process: 1, F: "write", Key: "x", Value: history.Int(value), Time: ms(at)}, ms(1), history.OK, history.Int(value), "")
	}
	read := func(at float64, value int) {
		m.call(history.Op{Process: 2, F: "read", Key: "x", Time: ms(at)}, ms(1), history.OK, history.Int(value), "")
	}
	write(0, 1)
	read(10, 1)
	write(20, 2) // done at 21 ms
	read(30, 1)  // 9 ms old
	read(321, 1) // 300 ms old
	read(400, 2)
	s := measureStaleness(look(m.history()))
	if s.Chart == nil || len(s.Chart.Columns) != 2 || s.Text != "Of 4 reads, 2 reads were certainly stale, by up to 300 ms, 1 version" {
		t.Fatalf("%+v", s)
	}
	if first, last := s.Chart.Table.Rows[0], s.Chart.Table.Rows[len(s.Chart.Table.Rows)-1]; fmt.Sprint(first, last) != "[0 ns 10 ms 1] [200 ms 500 ms 1]" {
		t.Errorf("%v, %v", first, last)
	}
	for name, in := range map[string]Input{"a queue": lostMessage(), "nothing": {}} {
		if s := measureStaleness(look(in.History)); s.Text != "" || s.Chart != nil {
			t.Errorf("%s has no reads of registers: %+v", name, s)
		}
	}
}
