package trace_test

import (
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace"
)

func parse(t *testing.T, text string, clients int) *trace.Trace {
	t.Helper()
	parsed, err := trace.Parse(script.Parse(t, text), clients)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestWhatWasFoundDidHappenByThen(t *testing.T) {
	parsed := parse(t, `
		0 invoke write 1
		1 invoke cas [1,2]
		2 invoke read
		2 ok read 2
		0 ok write 1
		1 info cas [1,2] !timeout
		3 invoke write 3
		3 info write 3 !timeout`, 0)
	const readDone = 3
	for i, want := range []struct {
		certain, acknowledged bool
		due                   int
	}{
		{true, true, readDone}, {true, false, readDone}, {true, true, readDone}, {false, false, trace.Never},
	} {
		op := &parsed.Ops[i]
		if op.Certain != want.certain || op.Acknowledged != want.acknowledged || op.Due != want.due {
			t.Errorf("%s: %+v, want %+v", parsed.Did(int32(i)), op, want)
		}
	}
}

func TestOperationsWithoutEffectOrAnswerAreLeftOut(t *testing.T) {
	parsed := parse(t, `
		0 invoke write 1
		0 fail write 1 !refused
		0 invoke read
		0 info read !timeout
		1 invoke cas [1,1]
		1 info cas [1,1] !timeout
		2 invoke cas [1,2]
		2 fail cas [1,2] !mismatch`, 0)
	if len(parsed.Ops) != 1 || parsed.Ops[0].Kind != trace.Mismatch || parsed.Acknowledged() != 1 {
		t.Errorf("%+v", parsed.Ops)
	}
}

func TestTheSourceOfAValueIsKnownIfOnlyOneCanHaveLeftIt(t *testing.T) {
	parsed := parse(t, `
		0 invoke write 1
		0 ok write 1
		1 invoke write 2
		1 ok write 2
		2 invoke write 2
		2 info write 2 !timeout
		3 invoke read
		3 ok read 1
		3 invoke read
		3 ok read 2
		3 invoke read
		3 ok read null
		3 invoke read
		3 ok read 9`, 0)
	for i, want := range map[int]struct {
		op    int32
		known bool
	}{3: {0, true}, 4: {trace.None, false}, 5: {trace.None, true}, 6: {trace.None, false}} {
		if op, known := parsed.Source(parsed.Ops[i].Found); op != want.op || known != want.known {
			t.Errorf("%s: from %d, %v, want %+v", parsed.Did(int32(i)), op, known, want)
		}
	}
	if findings, n := parsed.Unwritten(); n != 1 || len(findings) != 1 || findings[0].Anomaly != trace.PhantomRead {
		t.Errorf("%d unwritten: %+v", n, findings)
	}
	if n := parsed.Obscure(); n != 2 {
		t.Errorf("%d obscure", n)
	}
}

func TestAClientIsOneSession(t *testing.T) {
	const text = `
		0 invoke write 1
		0 info write 1 !timeout
		1 invoke read
		1 ok read null
		2 invoke read
		2 ok read null`
	for clients, want := range map[int]int{0: 3, 2: 2} {
		if got := parse(t, text, clients).Sessions; got != want {
			t.Errorf("%d clients: %d sessions, want %d", clients, got, want)
		}
	}
}

func TestLongTextsAreCut(t *testing.T) {
	clauses := make([]string, 20)
	for i := range clauses {
		clauses[i] = string(rune('a' + i))
	}
	if got, want := trace.Clauses(clauses, " "), "a b c d e f g h i j k … (8 further steps) t"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
