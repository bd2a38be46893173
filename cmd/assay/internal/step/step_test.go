package step

import (
	"errors"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/sim/trace"
)

const small = `assay trace 1
clock time
nodes n1 n2
clients c0
0.001000000 note n1 leader
0.002000000 fault #1 n2 partition n1 | n2
0.003000000 invoke c0 #0 write x 1
0.003000000 send c0->n1 #1 write
0.004000000 deliver c0->n1 #1
0.004000000 send n1->n2 #2 append
0.005000000 drop n1->n2 #2 partition
0.005000000 send n1->c0 #3 done
0.006000000 deliver n1->c0 #3
0.006000000 complete c0 #0 ok
0.006000000 violation c0 #0 lost
0.007000000 crash n1
`

func walk(t *testing.T, orders string) string {
	t.Helper()
	tr, err := trace.Decode(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Through(tr, strings.NewReader(orders), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func has(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestOneByOne(t *testing.T) {
	text := walk(t, "\n\nq\n")
	has(t, text, "the violation is event 11", " 1  0.001000 s  n1 is leader", " 2  0.002000 s  fault 1: partition n1 | n2")
	if strings.Contains(text, " 3  ") {
		t.Errorf("it went too far:\n%s", text)
	}
}

func TestSeveralAndTheState(t *testing.T) {
	text := walk(t, "6\ns\nq\n")
	has(t, text, " 6  0.004000 s  n1 sends n2 message 2: append",
		"  n1 up, leader\n  n2 up\n  fault 1 in force: partition n1 | n2\n  c0 waits for write x 1\n  message 2 under way from n1 to n2: append\n")
}

func TestToTheViolation(t *testing.T) {
	text := walk(t, "v\nv\n\n")
	has(t, text, "n2 does not get from n1 message 2 (partition): append", "c0, which asked for write x 1: ok",
		"11  0.006000 s  VIOLATION c0, lost", "from here on there is no violation", "12  0.007000 s  n1: crash", "that was the last event")
}

func TestToTheNextOperation(t *testing.T) {
	has(t, walk(t, "o\no\n"), " 3  0.003000 s  c0 asks for write x 1\n3 of 12>", "from here on there is no operation")
}

func TestEndOfOrdersAndNonsense(t *testing.T) {
	text := walk(t, "-3\nfoo")
	has(t, text, `"-3" is none of these`, `"foo" is none of these`, "0 of 12>")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWhatCannotBeWritten(t *testing.T) {
	tr, _ := trace.Decode(strings.NewReader(small))
	if err := Through(tr, strings.NewReader("\n\n"), full{}); err == nil {
		t.Error("no error")
	}
}
