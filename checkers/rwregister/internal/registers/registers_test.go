package registers_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// record writes the history of transactions that come one after the other, separated by
// "|": a process, an outcome, or "lost" if there never was an answer, and what was done,
// as in "0 ok r x -, w y 5".
func record(t *testing.T, text string) *history.History {
	t.Helper()
	h := &history.History{}
	for line := range strings.SplitSeq(text, "|") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		words := strings.Fields(line)
		process, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		asked, answered := micro(t, strings.Join(words[2:], " "))
		h.Ops = append(h.Ops, history.Op{Index: len(h.Ops), Process: process, F: transaction.F, Value: asked})
		if how, known := map[string]history.Type{"ok": history.OK, "fail": history.Fail, "info": history.Info}[words[1]]; known {
			h.Ops = append(h.Ops, history.Op{Index: len(h.Ops), Process: process, F: transaction.F, Type: how, Value: answered})
		}
	}
	return h
}

// micro are the micro-operations with which a transaction was invoked, and was answered.
func micro(t *testing.T, text string) (asked, answered history.Value) {
	t.Helper()
	var before, after []transaction.Op
	for part := range strings.SplitSeq(text, ", ") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		op := transaction.Op{Key: words[1], Found: words[2] != "-"}
		if op.Found {
			n, err := strconv.Atoi(words[2])
			if err != nil {
				t.Fatalf("%q: %v", part, err)
			}
			op.Value = n
		}
		if after = append(after, op); words[0] == "w" {
			after[len(after)-1].Kind = transaction.Write
			before = append(before, after[len(after)-1])
		} else {
			before = append(before, transaction.Op{Key: op.Key})
		}
	}
	return transaction.Value(before, false), transaction.Value(after, false)
}

func parse(t *testing.T, text string) *registers.History {
	t.Helper()
	h, err := registers.Parse(record(t, text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// name is a transaction's by its number among all: A, B, ... The initial state is "-".
func name(number int32) string {
	if number < 0 {
		return "-"
	}
	return string(rune('A' + number))
}

// did are what transactions read, and from whom, what they read that nobody can judge, and
// what they wrote, as in "B x=A y=- z? u!".
func did(h *registers.History) string {
	var all []string
	for n := 1; n < len(h.Txns); n++ {
		txn := &h.Txns[n]
		words := []string{name(txn.Number)}
		for _, r := range txn.Reads {
			words = append(words, h.KeyName(r.Key)+"="+name(h.Txns[r.From].Number))
		}
		for _, key := range txn.Unsure {
			words = append(words, h.KeyName(key)+"?")
		}
		for _, key := range txn.Writes {
			words = append(words, h.KeyName(key)+"!")
		}
		all = append(all, strings.Join(words, " "))
	}
	return strings.Join(all, " | ")
}

var problems = [...]string{registers.NotOwn: "not own", registers.Future: "future", registers.Aborted: "aborted",
	registers.Intermediate: "intermediate", registers.ThinAir: "thin air", registers.Several: "several"}

// wrong are reads that have a problem: which micro-operation, from whom it read, and which
// own write it is about.
func wrong(troubles []registers.Trouble) string {
	var all []string
	for _, t := range troubles {
		text := fmt.Sprint(problems[t.Problem], " ", name(t.Reader), t.Op, " of ", name(t.Writer))
		if t.Own >= 0 {
			text += fmt.Sprint(" own ", t.Own)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestFromWhomReadsGotTheirValues(t *testing.T) {
	for _, c := range []struct{ name, text, did, troubles, ambiguous string }{
		{"nothing", "", "", "", ""},
		{"a transaction that did nothing", "0 ok", "A", "", ""},
		{"the initial state", "0 ok r x -", "A x=-", "", ""},
		{"another one", "0 ok w x 1 | 1 ok r x 1", "A x! | B x=A", "", ""},
		{"one that was invoked later", "0 ok r x 1 | 1 ok w x 1", "A x=B | B x!", "", ""},
		{"the same value of another key", "0 ok w x 1, w y 2 | 1 ok r x 1, w y 1", "A x! y! | B x=A y!", "", ""},
		{"the transaction itself", "0 ok w x 1, r x 1, w x 2, r x 2", "A x!", "", ""},
		{"the last of its own", "0 ok w x 1 | 1 ok r x 1, w x 2, r x 2", "A x! | B x=A x!", "", ""},
		{"several reads", "0 ok w y 1 | 1 ok r x -, r y 1, r x -", "A y! | B x=- y=A x=-", "", ""},
		{"writes are told once and in order", "0 ok r x -, r y -, w y 1, w x 2, w y 3", "A x=- y=- x! y!", "", ""},

		{"nobody", "0 ok w x 1 | 1 ok r x 2", "A x! | B", "thin air B0 of -", ""},
		{"nobody, but another key has the value", "0 ok w y 2 | 1 ok r x 2", "A y! | B", "thin air B0 of -", ""},
		{"one that was aborted", "0 fail w x 1 | 1 ok r x 1", "B", "aborted B0 of A", ""},
		{"one that wrote it over", "0 ok w x 1, w x 2 | 1 ok r x 1", "A x! | B x=A", "intermediate B0 of A", ""},
		{"one that wrote it over, and then again", "0 ok w x 1, w x 2, w x 1 | 1 ok r x 1", "A x! | B x=A", "", ""},
		{"one that wrote another key later", "0 ok w x 1, w y 2 | 1 ok r x 1", "A x! y! | B x=A", "", ""},
		{"its own future", "0 ok r x 1, w x 1", "A x!", "future A0 of A own 1", ""},
		{"another one, after its own write", "0 ok w x 1 | 1 ok r y -, w x 2, r x 1", "A x! | B y=- x=A x!", "not own B2 of - own 1", ""},
		{"nobody, after its own write", "0 ok w x 1, r x -", "A x=- x!", "not own A1 of - own 0", ""},
		{"nobody, after it wrote what is like nothing", "0 ok w x 0, r x -", "A x=- x!", "not own A1 of - own 0", ""},
		{"nobody ever, after its own write", "0 ok w x 1, r x 7", "A x!", "not own A1 of - own 0, thin air A1 of -", ""},
		{"the one before the last of its own", "0 ok w x 1, w x 2, r x 1", "A x!", "not own A2 of - own 1", ""},
		{"the one after the last of its own", "0 ok w x 1, r x 2, w x 2", "A x!", "not own A1 of - own 0", ""},
		{"in the order of readers", "0 ok r x 7, r x 8 | 1 ok r x 9", "A | B", "thin air A0 of -, thin air A1 of -, thin air B0 of -", ""},

		{"one of two", "0 ok w x 1 | 1 ok w x 1 | 0 ok r x 1, r x -", "A x! | B x! | C x=- x?", "", "several C0 of A"},
		{"one of two, of which one was aborted", "0 fail w x 1 | 1 ok w x 1 | 0 ok r x 1", "B x! | C x=B", "", ""},
		{"one of two, both of which were aborted", "0 fail w x 1 | 1 fail w x 1 | 0 ok r x 1", "C", "aborted C0 of A", ""},
		{"one of two, of which one may not have happened", "0 info w x 1 | 1 ok w x 1 | 0 ok r x 1", "B x! | C x?", "", "several C0 of A"},
		{"one that wrote it twice", "0 ok w x 1, w x 1 | 1 ok r x 1", "A x! | B x=A", "", ""},
		{"itself later, or another one", "0 ok w x 1 | 1 ok r x 1, w x 1", "A x! | B x? x!", "", "several B0 of A"},
		{"itself later, or one that was aborted", "0 fail w x 1 | 1 ok r x 1, w x 1", "B x!", "aborted B0 of A", ""},
	} {
		h := parse(t, c.text)
		if got := did(h); got != c.did {
			t.Errorf("%s: %q, want %q", c.name, got, c.did)
		}
		if troubles, ambiguous := wrong(h.Troubles), wrong(h.Ambiguous); troubles != c.troubles || ambiguous != c.ambiguous {
			t.Errorf("%s: troubles are %q, want %q; ambiguous are %q, want %q", c.name, troubles, c.troubles, ambiguous, c.ambiguous)
		}
	}
}

// One of unknown outcome counts if and only if somebody who counts has read from it. What
// it read counts if that was told.
func TestWhichTransactionsCount(t *testing.T) {
	for _, c := range []struct{ name, text, did string }{
		{"nobody read from it", "0 info w x 1 | 1 ok r x -", "B x=-"},
		{"somebody did", "0 info w x 1, w y 2 | 1 ok r x 1", "A x! y! | B x=A"},
		{"nobody ever answered, but somebody read from it", "0 lost w x 1 | 1 ok r x 1", "A x! | B x=A"},
		{"only one did that was aborted", "0 info w x 1 | 1 fail r x 1", ""},
		{"only one did of which nobody knows", "0 info w x 1 | 1 info r x 1, w y 1", ""},
		{"one did of which nobody knows, and that was read from", "0 info w x 1 | 1 info r x 1, w y 1 | 2 ok r y 1", "A x! | B x=A y! | C y=B"},
		{"what it did not find is not known", "0 info r y -, w x 1 | 1 ok r x 1", "A x! | B x=A"},
		{"what was aborted read nothing", "0 fail r x 7 | 1 ok r y -", "B y=-"},
		{"itself", "0 info w x 1, r x 1", ""},
	} {
		if got := did(parse(t, c.text)); got != c.did {
			t.Errorf("%s: %q, want %q", c.name, got, c.did)
		}
	}
}

func TestTheInitialStateComesFirstAndTheOthersByTheirInvocations(t *testing.T) {
	h, err := registers.Parse(script.Parse(t, `
		0 invoke txn [["w","x",1]]
		1 invoke txn [["r","x",null]]
		1 ok txn [["r","x",1]]
		0 info txn [["w","x",1]]
		2 invoke txn [["w","y",2]]
		2 fail txn [["w","y",2]] !refused
		3 invoke txn [["r","y",null]]
		3 ok txn [["r","y",null]]`), 0)
	if err != nil {
		t.Fatal(err)
	}
	var spans []string
	for _, txn := range h.Txns {
		spans = append(spans, fmt.Sprint(name(txn.Number), " ", txn.Invoke, " ", txn.Complete))
	}
	if want := []string{"- -1 -1", fmt.Sprint("A 0 ", registers.Never), "B 1 2", "D 6 7"}; !slices.Equal(spans, want) {
		t.Errorf("%q, want %q", spans, want)
	}
	if initial := h.Txns[registers.Initial]; len(initial.Reads)+len(initial.Writes) > 0 {
		t.Errorf("the initial state reads or writes: %+v", initial)
	}
	if h.Keys != 2 || len(h.All.Txns) != 4 {
		t.Errorf("%d keys and %d transactions in all, want 2 and 4", h.Keys, len(h.All.Txns))
	}
}

func TestSessions(t *testing.T) {
	const lost = "0 ok w x 1 | 1 ok w x 2 | 0 info w x 3 | 2 ok r x 3 | 1 ok r x 2"
	for _, c := range []struct {
		name, text string
		clients    int
		// after is behind whom each comes, and in which place of which chain.
		after            string
		sessions, chains int
	}{
		{"nothing", "", 0, "", 0, 0},
		{"each by itself", "0 ok w x 1 | 1 ok w x 2", 0, "A after - 0.1 | B after - 1.1", 2, 2},
		{"two sessions", "0 ok w x 1 | 1 ok w x 2 | 0 ok w x 3 | 1 ok w x 4 | 0 ok", 0,
			"A after - 0.1 | B after - 1.1 | C after A 0.2 | D after B 1.2 | E after C 0.3", 2, 2},
		{"one that does not count is left out", "0 ok w x 1 | 0 fail w x 2 | 0 info w x 3 | 0 ok w x 4", 0, "A after - 0.1 | D after A 0.2", 1, 1},
		{"one of which nobody knows is never over", "0 info w x 1 | 0 ok r x 1 | 0 info w x 2 | 0 ok r x 2", 0,
			"A after - 1.1 | B after - 0.1 | C after B 2.1 | D after B 0.2", 1, 3},
		{"processes are sessions", lost, 0, "A after - 0.1 | B after - 1.1 | C after A 3.1 | D after - 2.1 | E after B 1.2", 3, 4},
		{"clients are, whose processes differ by their number", lost, 2, "A after - 0.1 | B after - 1.1 | C after A 2.1 | D after A 0.2 | E after B 1.2", 2, 3},
	} {
		h, err := registers.Parse(record(t, c.text), c.clients)
		if err != nil {
			t.Fatal(err)
		}
		var after []string
		for _, txn := range h.Txns[1:] {
			after = append(after, fmt.Sprint(name(txn.Number), " after ", name(h.Txns[txn.After].Number), " ", txn.Chain, ".", txn.Place))
		}
		if got := strings.Join(after, " | "); got != c.after || h.Sessions != c.sessions || h.Chains != c.chains {
			t.Errorf("%s: %q in %d sessions and %d chains, want %q in %d and %d", c.name, got, h.Sessions, h.Chains, c.after, c.sessions, c.chains)
		}
	}
}

func TestWhetherAnythingWasObserved(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", false},
		{"0 ok w x 1", false},
		{"0 ok r x -", true},
		{"0 fail r x -", false},
		{"0 info r x 1 | 1 ok w x 1", false},                    // that one never counts
		{"0 lost r x -, w y 1 | 1 ok w y 2", false},             // nor does that one
		{"0 ok w x 1, r x 1", true},                             // its own
		{"0 info r y -, w x 1 | 1 ok w x 2 | 0 ok r x 1", true}, // by the last one
	} {
		if got := parse(t, c.text).Observed(); got != c.want {
			t.Errorf("%q: %t, want %t", c.text, got, c.want)
		}
	}
}

func TestWhatATransactionReadLastAndWrote(t *testing.T) {
	for writes := range 6 {
		txn := registers.Txn{}
		for n := range writes {
			txn.Writes = append(txn.Writes, int32(2*n+1))
		}
		for key := range int32(12) {
			if got, want := txn.Wrote(key), slices.Contains(txn.Writes, key); got != want {
				t.Errorf("%v: that %d was written is %t", txn.Writes, key, got)
			}
		}
	}
	txn := registers.Txn{Reads: []registers.Read{{Key: 3, From: 1}, {Key: 3, From: 2}, {Key: 4, From: registers.Initial}}}
	for key, want := range map[int32]string{3: "2 true", 4: "0 true", 5: "0 false"} {
		if from, read := txn.ReadsFrom(key); fmt.Sprint(from, read) != want {
			t.Errorf("of %d the last read is %d, %t; want %s", key, from, read, want)
		}
	}
}

func TestWhatIsNoTransactionIsRefused(t *testing.T) {
	for _, text := range []string{`0 invoke read 1`, `0 invoke txn [["append","x",1]]`, `0 invoke txn [["w","x",null]]`} {
		if h, err := registers.Parse(script.Parse(t, text), 0); err == nil {
			t.Errorf("%s: %+v", text, h)
		}
	}
}
