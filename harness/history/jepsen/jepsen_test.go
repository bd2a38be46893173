package jepsen_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jepsen"
)

// line is an op as one line: index process type f key value error.
func line(op history.Op) string {
	text := fmt.Sprintf("%d %d %v %s", op.Index, op.Process, op.Type, op.F)
	if op.Key != "" {
		text += " " + op.Key
	}
	text += " " + op.Value.String()
	if op.Error != "" {
		text += " !" + op.Error
	}
	return text
}

func lines(h *history.History) string {
	var b strings.Builder
	for _, op := range h.Ops {
		b.WriteString(line(op) + "\n")
	}
	return b.String()
}

// readable are histories, what is read, and what is noted.
var readable = []struct {
	name, text, want, notes string
	keyed                   jepsen.Keyed
}{
	{name: "one map a line", text: `
{:type :invoke, :f :write, :value 1, :process 0, :time 10, :index 0}
{:type :ok, :f :write, :value 1, :process 0, :time 20, :index 1}
`, want: `
0 0 invoke write 1
1 0 ok write 1
`},
	{name: "a vector of records, with much that does not matter", text: `
[#jepsen.history.Op{:index 3, :time 1, :type :invoke, :process 0, :f :read, :value nil, :clock {:n1 0.5}}
 #jepsen.history.Op{:index 5, :time 2, :type :ok, :process 0, :f :read, :value #{3 1}, [:odd] #object[x.Y 0x1 "z"]}]
`, want: `
0 0 invoke read null
1 0 ok read [3 1]
`},
	{name: "answers without their keys", text: `
{:type :invoke, :f :add, :value [0 0], :process 0}
{:type :ok, :f :add, :value [0 0], :process 0}
{:type :invoke, :f :read, :value [0 nil], :process 0}
{:type :ok, :f :read, :value [0 1 2], :process 0}
{:type :invoke, :f :read, :value [1 nil], :process 0}
{:type :ok, :f :read, :value [], :process 0}
`, want: `
0 0 invoke add 0 0
1 0 ok add 0 0
2 0 invoke read 0 null
3 0 ok read 0 [0 1 2]
4 0 invoke read 1 null
5 0 ok read 1 []
`, notes: "values were taken for [key value], and every key for an object of its own\noperations have no times: each line counts as a millisecond"},
	{name: "transactions", text: `
{:type :invoke, :f :txn, :value [[:append 5 1] [:r 5 nil]], :process 0, :time 1}
{:type :ok, :f :txn, :value [[:append 5 1] [:r 5 [1]]], :process 0, :time 2}
`, want: `
0 0 invoke txn [["append" 5 1] ["r" 5 null]]
1 0 ok txn [["append" 5 1] ["r" 5 [1]]]
`},
	{name: "errors of any form, and an invocation that never completed", text: `
{:type :invoke, :f :write, :value 1, :process 0, :time 1}
{:type :invoke, :f :write, :value 2, :process 1, :time 2}
{:type :invoke, :f :write, :value 3, :process 2, :time 3}
{:type :info, :f :write, :value 1, :process 0, :time 4, :error [:timeout "no answer"]}
{:type :fail, :f :write, :value 2, :process 1, :time 5, :error :refused}
`, want: `
0 0 invoke write 1
1 1 invoke write 2
2 2 invoke write 3
3 0 info write 1 !["timeout","no answer"]
4 1 fail write 2 !refused
`},
	{name: "a process goes on after an info, as Jepsen numbers it and as it does not", text: `
{:type :invoke, :f :write, :value 1, :process 0, :time 1}
{:type :info, :f :write, :value 1, :process 0, :time 2}
{:type :invoke, :f :write, :value 2, :process 5, :time 3}
{:type :info, :f :write, :value 2, :process 5, :time 4}
{:type :invoke, :f :write, :value 3, :process 5, :time 5}
{:type :ok, :f :write, :value 3, :process 5, :time 6}
{:type :invoke, :f :write, :value 4, :process 0, :time 7}
{:type :invoke, :f :write, :value 5, :process 6, :time 8}
`, want: `
0 0 invoke write 1
1 0 info write 1
2 5 invoke write 2
3 5 info write 2
4 7 invoke write 3
5 7 ok write 3
6 8 invoke write 4
7 6 invoke write 5
`, notes: "2 processes have new numbers: those with names, and those that went on after an unknown outcome"},
	{name: "processes with names", text: `
{"type":"invoke","f":"add","value":1,"process":"a","time":1}
{"type":"invoke","f":"add","value":2,"process":3,"time":2}
{"type":"ok","f":"add","value":1,"process":"a","time":3}
{"type":"invoke","f":"add","value":3,"process":"a","time":4}
`, want: `
0 4 invoke add 1
1 3 invoke add 2
2 4 ok add 1
3 4 invoke add 3
`, notes: "1 process has a new number: those with names, and those that went on after an unknown outcome"},
	{name: "the nemesis", text: `
{:type :info, :f :start, :value nil, :process :nemesis, :time 1}
{:type :invoke, :f :add, :value 1, :process 0, :time 2}
{:type :info, :f :start, :value [:isolated {"n1" #{"n2"}}], :process :nemesis, :time 3}
{:type :ok, :f :add, :value 1, :process 0, :time 4}
`, want: `
0 0 invoke add 1
1 0 ok add 1
`, notes: "2 operations of the nemesis were left out: they do not say which faults were in effect"},
	{name: "JSON in an array, with colons as some write them", text: `
[{"type": ":invoke", "f": ":read", "value": null, "process": 0, "time": 1},
 {"type": ":ok", "f": ":read", "value": {"b": 1.0, "a": [true]}, "process": 0, "time": 2}]
`, want: `
0 0 invoke read null
1 0 ok read {"b":1.0,"a":[true]}
`},
	{name: "keys in a field of their own", text: `
{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
{:process 1, :type :invoke, :f :get, :key 0, :value nil}
{:process 0, :type :ok, :f :append, :key "0", :value "x 0 0 y"}
`, want: `
0 0 invoke append 0 "x 0 0 y"
1 1 invoke get "0" null
2 0 ok append 0 "x 0 0 y"
`, notes: "operations have no times: each line counts as a millisecond"},
	{name: "keyed values show themselves by a read", text: `
{:type :invoke, :f :cas, :value [5 [1 2]], :process 0, :time 1}
{:type :invoke, :f :read, :value ["5" nil], :process 1, :time 2}
{:type :info, :f :cas, :value :timed-out, :process 0, :time 3}
{:type :ok, :f :read, :value ["5" 7], :process 1, :time 4}
`, want: `
0 0 invoke cas 5 [1 2]
1 1 invoke read "5" null
2 0 info cas 5 "timed-out"
3 1 ok read "5" 7
`, notes: "values were taken for [key value], and every key for an object of its own"},
	{name: "what looked keyed, and was not after all", text: `
{:type :invoke, :f :read, :value ["5" nil], :process 1, :time 2}
{:type :invoke, :f :read, :value [5 nil], :process 2, :time 3}
{:type :info, :f :read, :value :timed-out, :process 2, :time 4}
{:type :ok, :f :read, :value ["5" 7], :process 1, :time 5}
{:type :invoke, :f :cas, :value [1 2 3], :process 0, :time 6}
{:type :invoke, :f :read, :value [6 nil], :process 1, :time 7}
`, want: `
0 1 invoke read ["5" null]
1 2 invoke read [5 null]
2 2 info read "timed-out"
3 1 ok read ["5" 7]
4 0 invoke cas [1 2 3]
5 1 invoke read [6 null]
`},
	{name: "keyed because it was said", keyed: jepsen.Yes, text: `
{:type :invoke, :f :cas, :value [5 [1 2]], :process 0, :time 1, :error [1 2 3]}
{:type :ok, :f :cas, :value [5 [1 2]], :process 0, :time 2, :error [1 2 3]}
`, want: `
0 0 invoke cas 5 [1 2] ![1,2,3]
1 0 ok cas 5 [1 2] ![1,2,3]
`, notes: "values were taken for [key value], and every key for an object of its own"},
	{name: "not keyed because it was said", keyed: jepsen.No, text: `
{:type :invoke, :f :cas, :value [1 2], :process 0, :time 1}
`, want: `
0 0 invoke cas [1 2]
`},
	{name: "the last line is torn", text: `
{:type :invoke, :f :add, :value 1, :process 0, :time 1}
{:type :ok, :f :add, :value 1, :pro`, want: `
0 0 invoke add 1
`, notes: "line 3 of the history is torn after 35 bytes and was left out: its recorder was killed"},
	{name: "the vector has no end", text: `
[{:type :invoke, :f :add, :value 1, :process 0, :time 1}
`, want: `
0 0 invoke add 1
`, notes: "the list of operations has no end: its writer was killed"},
	{name: "a log", text: `
INFO  jepsen.util - 0	:invoke	:cas	[3 0]
INFO  jepsen.util - 1   :invoke :read   nil
INFO  jepsen.util - 0	:fail	:cas	[3 0]
INFO  jepsen.util - 1   :fail   :read   :timed-out
INFO  jepsen.util - 0	:invoke	:cas	[1 2]
INFO  jepsen.util - 0	:info	:cas	:timed-out
`, want: `
0 0 invoke cas [3 0]
1 1 invoke read null
2 0 fail cas [3 0] !mismatch
3 1 fail read null !timed-out
4 0 invoke cas [1 2]
5 0 info cas null !timed-out
`, keyed: jepsen.No, notes: "operations have no times: each line counts as a millisecond"},
	{name: "a log whose last line may be torn", text: `
INFO  jepsen.util - 0	:invoke	:read	nil
INFO  jepsen.util - 0	:ok	:read	1`, want: `
0 0 invoke read null
`, notes: "line 3 of the history is torn after 33 bytes and was left out: its recorder was killed\noperations have no times: each line counts as a millisecond"},
}

type reader func(io.Reader, jepsen.Options) (*history.History, jepsen.Notes, error)

// readerOf is the one that the text's beginning asks for.
func readerOf(text string) reader {
	switch text = strings.TrimSpace(text); {
	case strings.HasPrefix(text, "INFO"):
		return jepsen.ReadLog
	case strings.HasPrefix(text, `{"`), strings.HasPrefix(text, `[{"`):
		return jepsen.ReadJSON
	}
	return jepsen.ReadEDN
}

func TestRead(t *testing.T) {
	for _, c := range readable {
		h, notes, err := readerOf(c.text)(strings.NewReader(c.text), jepsen.Options{Name: "h", Keyed: c.keyed})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := lines(h); got != c.want[1:] {
			t.Errorf("%s is read as\n%swant%s", c.name, got, c.want)
		}
		if got := strings.Join(notes.Sentences(), "\n"); got != c.notes {
			t.Errorf("%s: notes %q, want %q", c.name, got, c.notes)
		}
		if err := h.WellFormed(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

const invoked = "{:type :invoke, :f :add, :value 1, :process 0}\n"

var wrong = []struct{ text, want string }{
	{"7", `h:1:1: expected an operation: {, found "7"`},
	{"{:type :invoke, :f :add}", "h:1:1: expected an operation with the field process, found none"},
	{"{:type :invoke, :process 0}", "h:1:1: expected an operation with the field f, found none"},
	{"{:f :add, :process 0}", "h:1:1: expected an operation with the field type, found none"},
	{"{:type :done, :f :add, :process 0}", `h:1:8: expected a type: invoke, ok, fail or info, found ":done, :f :add, :pro…"`},
	{"{:type :ok, :type :ok}", `h:1:13: expected each field only once, found ":type :ok}"`},
	{"{:process -1, :type :ok}", `h:1:11: expected a process: 0, 1, 2, ... or a name, found "-1, :type :ok}"`},
	{"{:process [1]}", `h:1:11: expected a process: 0, 1, 2, ... or a name, found "[1]}"`},
	{"{:f 5}", `h:1:5: expected the operation's name, found "5}"`},
	{"{:time :now}", `h:1:8: expected a time in nanoseconds, found ":now}"`},
	{"{:index -1}", `h:1:9: expected an index: 0, 1, 2, ..., found "-1}"`},
	{"{:value {1}}", `h:1:11: expected a value, found "}}"`},
	{"\n  " + invoked + invoked, "h:3:1: expected the completion of the add that process 0 began in line 2, found another invocation"},
	{"{:type :ok, :f :add, :value 1, :process 7}", "h:1:1: expected an invocation by process 7 first, found the completion of a add"},
	{invoked + "{:type :ok, :f :read, :value 1, :process 0}", "h:2:1: expected the completion of the add that process 0 began in line 1, found that of a read"},
	{"{:type :invoke, :f :add, :key 1, :process 0}\n{:type :ok, :f :add, :key 2, :process 0}", `h:2:1: expected the completion of the add on "1" that process 0 began in line 1, found that of a add on "2"`},
	{"{:index 5, :type :invoke, :f :add, :process 0}\n{:index 5, :type :ok, :f :add, :process 0}", "h:2:1: expected an index above 5, for operations stand in the order in which they happened, found index 5"},
	{"{:type :invoke, :f :cas, :value [1 2], :process 0}", "h: it cannot be told whether its values are [key value] or just pairs"},
	{"{:type :invoke, :f :read, :value [1 nil], :process 0}\n{:type :ok, :f :read, :value [2 5], :process 0}", "h:2:1: expected [1 value], as in the invocation, found [2 5]"},
	{"{:type :invoke, :f :read, :value [1 nil], :process 0}\n{:type :ok, :f :read, :value 5, :process 0}", "h:2:1: expected [1 value], as in the invocation, found 5"},
	{"{:type :invoke, :f :read, :value [0 nil], :process 0}\n{:type :ok, :f :read, :value [0 1], :process 0}\n{:type :invoke, :f :read, :value [0 nil], :process 0}\n{:type :ok, :f :read, :value [0 1 2], :process 0}", "h:2:1: expected a read answered without its key, as elsewhere, found [0 1]"},
	{"INFO  jepsen.util - 0\t:invoke\t:read\nINFO  jepsen.util - 1\t:invoke\t:read\tnil\n", `h:2:1: expected the rest of the operation in the same line, found "INFO  jepsen.util - …"`},
	{"INFO  jepsen.core - 0\t:invoke\t:read\tnil\n", `h:1:7: expected INFO  jepsen.util - and an operation, found "jepsen.core - 0\t:inv…"`},
	{`{"type":"invoke","f":"add","process":0,}`, `h:1:40: expected a field name, found "}"`},
}

func TestMistakesAreNamed(t *testing.T) {
	for _, c := range wrong {
		h, _, err := readerOf(c.text)(strings.NewReader(c.text), jepsen.Options{Name: "h"})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s is read as %v, %v, want %s", c.text, h, err, c.want)
		}
	}
	_, _, err := jepsen.ReadEDN(strings.NewReader("{:type :invoke, :f :cas, :value [1 2], :process 0}"), jepsen.Options{})
	if !errors.Is(err, jepsen.ErrKeyed) {
		t.Errorf("%v is not ErrKeyed", err)
	}
}

// Times are put right where they go back, stand still, or make no sense.
func TestTimes(t *testing.T) {
	const text = `{:type :invoke, :f :a, :process 0, :time 5} {:type :invoke, :f :a, :process 1, :time 5}
{:type :invoke, :f :a, :process 2, :time -7} {:type :invoke, :f :a, :process 3, :time 9223372036854775807}
{:type :invoke, :f :a, :process 4, :time 1.5} {:type :invoke, :f :a, :process 5}`
	h, _, err := jepsen.ReadEDN(strings.NewReader(text), jepsen.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for _, op := range h.Ops {
		times = append(times, op.Time)
	}
	const latest = time.Duration(1 << 62)
	if want := []time.Duration{5, 6, 7, latest, latest + 1, latest + 2}; fmt.Sprint(times) != fmt.Sprint(want) {
		t.Errorf("times are %v, want %v", times, want)
	}
}

// Dates count from the first of them.
func TestDates(t *testing.T) {
	const text = `{"type":"invoke","f":"a","process":0,"time":1764077036000000000} {"type":"ok","f":"a","process":0,"time":1764077037000000000}`
	h, _, err := jepsen.ReadJSON(strings.NewReader(text), jepsen.Options{})
	if err != nil || h.Ops[0].Time != 0 || h.Ops[1].Time != time.Second {
		t.Errorf("%+v, %v", h, err)
	}
}

// full has all that a history can have.
func full(t *testing.T) *history.History {
	t.Helper()
	fault := &history.Fault{ID: 1, Name: "kill", Nodes: []string{"n1"}, Detail: "leader"}
	var object, fraction history.Value
	for text, v := range map[string]*history.Value{`{"a":[1,null]}`: &object, "1.50": &fraction} {
		if err := v.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	h := &history.History{Ops: []history.Op{
		{Process: 0, F: "write", Key: "r0", Value: history.Int(1), Node: "n1"},
		{Process: history.Nemesis, F: history.Inject, Fault: fault},
		{Process: 0, Type: history.Fail, F: "write", Key: "r0", Value: history.Int(1), Node: "n1", Error: history.Mismatch},
		{Process: history.Nemesis, Type: history.OK, F: history.Inject, Fault: fault, Value: history.Ints(1, 2)},
		{Process: 1, F: "read", Key: "5"},
		{Process: 1, Type: history.OK, F: "read", Key: "5", Value: object},
		{Process: 1, F: "txn", Key: "x y", Value: history.List(history.List(history.String("append"), history.String("k\"\n"), fraction))},
		{Process: history.Nemesis, Type: history.Invoke, F: history.Restore},
		{Process: history.Nemesis, Type: history.Info, F: history.Restore, Error: "not yet"},
		{Process: 1, Type: history.Info, F: "txn", Key: "x y", Error: "timeout"},
		{Process: 2, F: "read", Final: true},
		{Process: 2, Type: history.OK, F: "read", Value: history.Bool(true), Final: true},
		{Process: history.Nemesis, F: history.Clocks},
		{Process: history.Nemesis, Type: history.OK, F: history.Clocks, Value: history.ClockOffsets(map[string]history.ClockOffset{"n1": {Offset: 5, Bound: 1}})},
	}}
	for i := range h.Ops {
		h.Ops[i].Index, h.Ops[i].Time = i, time.Duration(i)*time.Second
	}
	return h
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	keyed := full(t)
	plain := full(t)
	for i := range plain.Ops {
		plain.Ops[i].Key = ""
	}
	for name, format := range map[string]struct {
		write func(io.Writer, *history.History) error
		read  reader
	}{"EDN": {jepsen.WriteEDN, jepsen.ReadEDN}, "JSON": {jepsen.WriteJSON, jepsen.ReadJSON}} {
		for h, k := range map[*history.History]jepsen.Keyed{keyed: jepsen.Yes, plain: jepsen.No} {
			var text bytes.Buffer
			if err := format.write(&text, h); err != nil {
				t.Fatal(err)
			}
			back, notes, err := format.read(bytes.NewReader(text.Bytes()), jepsen.Options{Name: "h", Keyed: k})
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, text.String())
			}
			if got, want := own(t, back), own(t, h); got != want || notes.Nemesis != 0 {
				t.Errorf("%s:\n%s\nis read back as\n%s\nwant\n%s", name, text.String(), got, want)
			}
		}
	}
}

// own is a history in Assay's own form.
func own(t testing.TB, h *history.History) string {
	t.Helper()
	var b strings.Builder
	for _, op := range h.Ops {
		text, err := op.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	return b.String()
}

// Elle wants keywords for the operations of a transaction.
func TestTransactionsAreWrittenForElle(t *testing.T) {
	var text bytes.Buffer
	h := &history.History{Ops: []history.Op{{F: "txn", Value: history.List(
		history.List(history.String("append"), history.String("x"), history.Int(1)),
		history.List(history.String("r"), history.Int(3), history.Value{}))}}}
	if err := jepsen.WriteEDN(&text, h); err != nil {
		t.Fatal(err)
	}
	const want = "{:index 0, :type :invoke, :process 0, :f :txn, :value [[:append \"x\" 1] [:r 3 nil]], :time 0}\n"
	if text.String() != want {
		t.Errorf("written as %s", text.String())
	}
}
