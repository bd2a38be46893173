package raft

import (
	"reflect"
	"testing"
)

func lines(records ...record) [][]byte {
	var out [][]byte
	for _, r := range records {
		out = append(out, r.encode())
	}
	return out
}

func TestReplay(t *testing.T) {
	entry := func(term, value int) Entry { return Entry{Term: term, Command: Command{F: write, Value: value}} }
	var s State
	s.replay(lines(
		record{Incarnation: 1},
		record{Term: 1},
		record{Term: 1, Vote: "n2"},
		record{After: 0, Entries: []Entry{entry(1, 1), entry(1, 2), entry(1, 3)}},
		record{Incarnation: 2},
		record{Term: 3},
		record{After: 1, Entries: []Entry{entry(3, 4)}},
	))
	want := State{Term: 3, Incarnation: 2, Log: []Entry{entry(1, 1), entry(3, 4)}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
}

// BenchmarkReplay replays a log as a minute under full load leaves it; 100,000
// entries should take well below half a second.
func BenchmarkReplay(b *testing.B) {
	var records []record
	for i := range 100_000 {
		records = append(records, record{After: i, Entries: []Entry{{
			Term: 3, ID: RequestID{Gateway: "n1", Incarnation: 2, Number: i}, Low: i,
			Command: Command{F: write, Key: "r17.3", Value: i},
		}}})
	}
	durable := lines(records...)
	for b.Loop() {
		var s State
		s.replay(durable)
	}
}

// FuzzDecodeRecord: what is no record is refused, what is one comes back.
func FuzzDecodeRecord(f *testing.F) {
	for _, line := range lines(
		record{Incarnation: 3},
		record{Term: 7, Vote: "n2"},
		record{After: 1, Entries: []Entry{{Term: 1}, {Term: 2, ID: RequestID{"n1", 1, 2}, Low: 2,
			Command: Command{F: cas, Key: "k", Value: -1, Old: 1 << 62, New: -1 << 62}}}},
	) {
		f.Add(line)
		f.Add(line[:len(line)-1])
	}
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := decodeRecord(line)
		if err != nil {
			return
		}
		again, err := decodeRecord(r.encode())
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v came back as %+v, %v", r, again, err)
		}
	})
}
