package history

import (
	"reflect"
	"testing"
	"time"
)

// A reading may be open while the nemesis does something else; one that failed, and one
// of another form, tell nothing.
const clockStory = `
{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":1}
{"process":"nemesis","type":"invoke","f":"missed","value":"kill:one","time":2}
{"process":"nemesis","type":"ok","f":"clocks","value":{"n1":{"offset_ns":5000000000,"bound_ns":7},"n2":{"offset_ns":-3,"bound_ns":0}},"time":3}
{"process":"nemesis","type":"info","f":"missed","value":"kill:one","time":4}
{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":5}
{"process":"nemesis","type":"fail","f":"clocks","value":null,"time":6,"error":"the agent is gone"}
{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":7}
{"process":"nemesis","type":"ok","f":"clocks","value":"n1 is 5s ahead","time":8}
{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":9}
{"process":"nemesis","type":"ok","f":"clocks","value":{"n1":12},"time":10}
{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":11}
{"process":"nemesis","type":"ok","f":"clocks","value":{},"time":12}
`

func TestClockReadings(t *testing.T) {
	h := parse(t, clockStory)
	if err := h.WellFormed(); err != nil {
		t.Error(err)
	}
	offsets := map[string]ClockOffset{"n1": {Offset: 5 * time.Second, Bound: 7}, "n2": {Offset: -3}}
	if got, want := h.ClockReadings(), []ClockReading{{1, 3, offsets}, {11, 12, map[string]ClockOffset{}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := ClockOffsets(offsets); !got.Equal(h.Ops[2].Value) {
		t.Errorf("%s is written as %s", h.Ops[2].Value, got)
	}
	if calls, spans := h.Calls(), h.FaultSpans(); len(calls)+len(spans) > 0 {
		t.Errorf("a reading is no call and no fault: %v, %v", calls, spans)
	}
}

func TestOneReadingAtATime(t *testing.T) {
	h := parse(t, `{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":1}
{"process":"nemesis","type":"invoke","f":"clocks","value":null,"time":2}`)
	if h.WellFormed() == nil {
		t.Error("two readings are open, and nobody can tell which ends first")
	}
}
