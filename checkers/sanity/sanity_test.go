package sanity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/sanity"
	"github.com/assaykit/assay/harness/history"
)

// tape records ops one after another, a millisecond apart.
type tape struct{ history.History }

func (t *tape) op(process int, typ history.Type, f, err string, final bool, fault *history.Fault) {
	i := len(t.Ops)
	t.Ops = append(t.Ops, history.Op{Index: i, Process: process, Type: typ, F: f, Error: err, Final: final,
		Time: time.Duration(i) * time.Millisecond, Fault: fault})
}

func (t *tape) call(process int, f string, typ history.Type, err string) *tape {
	t.op(process, history.Invoke, f, "", false, nil)
	t.op(process, typ, f, err, false, nil)
	return t
}

func (t *tape) final(process int, f string, typ history.Type, err string) *tape {
	t.op(process, history.Invoke, f, "", true, nil)
	t.op(process, typ, f, err, true, nil)
	return t
}

// look is a final read of a key.
func (t *tape) look(key string, typ history.Type) *tape {
	t.final(len(t.Ops), "read", typ, "no leader")
	for i := len(t.Ops) - 2; i < len(t.Ops); i++ {
		t.Ops[i].Key = key
	}
	return t
}

func (t *tape) fault(f string, typ history.Type, err string) *tape {
	cut := &history.Fault{ID: 4, Name: "partition", Nodes: []string{"n1"}, Detail: "n1 | n2 n3"}
	t.op(history.Nemesis, history.Invoke, f, "", false, cut)
	if typ != history.Invoke {
		t.op(history.Nemesis, typ, f, err, false, cut)
	}
	return t
}

func (t *tape) missed() *tape {
	t.op(history.Nemesis, history.Invoke, history.Missed, "", false, nil)
	t.op(history.Nemesis, history.Info, history.Missed, "kill was asked for, but the run was over before its turn came", false, nil)
	return t
}

// good is a history that proves something.
func good() *tape {
	t := (&tape{}).call(0, "read", history.OK, "").call(1, "write", history.OK, "")
	return t.call(2, "cas", history.Fail, history.Mismatch).final(0, "read", history.OK, "")
}

func faulty(inject history.Type, injectErr string, heal history.Type, healErr string) *tape {
	return good().fault(history.Inject, inject, injectErr).fault(history.Heal, heal, healErr)
}

func TestWhatProvesNothing(t *testing.T) {
	cases := []struct {
		name string
		tape *tape
		want string // in the reason; empty for a valid history
	}{
		{"good", good(), ""},
		{"empty", &tape{}, "no client did anything"},
		{"only faults", (&tape{}).fault(history.Inject, history.OK, ""), "no client did anything"},
		{"a kind that never worked", good().call(3, "write2", history.Fail, "permission denied").call(4, "write2", history.Info, "timeout"), "none of 2 write2 operations succeeded (the last error: timeout)"},
		{"a kind that failed with no reason", good().call(3, "delete", history.Fail, ""), "none of 1 delete operation succeeded"},
		{"a kind that failed sometimes", good().call(3, "write", history.Fail, "permission denied"), ""},
		{"an object that was looked at in vain", good().look("a", history.OK).look("b", history.Info).look("b", history.Fail), `none of 2 final looks of "b" succeeded (the last error: no leader)`},
		{"an object that was looked at with success in the end", good().look("b", history.Info).look("b", history.OK), ""},
		{"no final reads", (&tape{}).call(0, "read", history.OK, ""), "there were no final reads"},
		{"final reads that failed", (&tape{}).call(0, "read", history.OK, "").final(1, "read", history.Info, "no leader"), "none of the final reads succeeded (the last error: no leader)"},
		{"only final reads", (&tape{}).final(0, "read", history.OK, ""), "before the final reads"},
		{"a load that failed", (&tape{}).call(0, "read", history.Info, "timeout").final(1, "read", history.OK, ""), "no operation before the final reads succeeded (the last error: timeout)"},
		{"two calls at once", good().mixed(), "not well-formed"},
		{"verified", faulty(history.OK, "", history.OK, ""), ""},
		{"not verified", faulty(history.Info, "n1 still hears n2", history.OK, ""), "fault 4 (partition: n1 | n2 n3) was not verified in effect: n1 still hears n2"},
		{"refused", faulty(history.Fail, "no nft", history.OK, ""), "no nft"},
		{"injection cut off", good().fault(history.Inject, history.Invoke, ""), "was not verified in effect: the history ends"},
		{"asked for and never struck", good().missed(), "missed: kill was asked for"},
		{"not healed", faulty(history.OK, "", history.Info, "rules still there"), "was not verified healed: rules still there"},
		{"healing cut off", faulty(history.OK, "", history.Invoke, ""), "was not verified healed: the history ends"},
		{"never healed", good().fault(history.Inject, history.OK, ""), "was not verified healed"},
		{"healed at the second attempt", faulty(history.OK, "", history.Info, "busy").fault(history.Heal, history.OK, ""), ""},
		{"no reason", faulty(history.Info, "", history.OK, ""), "no reason was recorded"},
		{"restored", good().restore(history.OK, ""), ""},
		{"not restored", good().restore(history.Info, "n2 does not start"), "restore: n2 does not start"},
		{"restoring cut off", good().restore(history.Invoke, ""), "restore: the history ends before it was done"},
		{"a clock that could not be read", good().clocks(history.Fail, "the agent is gone"), ""},
		{"reading cut off", good().clocks(history.Invoke, ""), ""},
		{"a nameless fault", good().nameless(), "does not say which fault"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := sanity.New().Check(t.Context(), &c.tape.History)
			if err != nil {
				t.Fatal(err)
			}
			want := checkers.Unknown
			if c.want == "" {
				want = checkers.Valid
			}
			if got.Validity != want || !strings.Contains(got.Reason, c.want) || got.Reason == "" {
				t.Errorf("%v: %q, want %v with %q", got.Validity, got.Reason, want, c.want)
			}
		})
	}
}

// mixed lets a process act twice at once.
func (t *tape) mixed() *tape {
	t.op(0, history.Invoke, "read", "", false, nil)
	t.op(0, history.Invoke, "write", "", false, nil)
	return t
}

// restore is something done to the whole cluster.
func (t *tape) restore(typ history.Type, err string) *tape {
	t.op(history.Nemesis, history.Invoke, "restore", "", false, nil)
	if typ != history.Invoke {
		t.op(history.Nemesis, typ, "restore", err, false, nil)
	}
	return t
}

func (t *tape) clocks(typ history.Type, err string) *tape {
	t.op(history.Nemesis, history.Invoke, history.Clocks, "", false, nil)
	if typ != history.Invoke {
		t.op(history.Nemesis, typ, history.Clocks, err, false, nil)
	}
	return t
}

func (t *tape) nameless() *tape {
	t.op(history.Nemesis, history.Invoke, history.Inject, "", false, nil)
	return t
}

func TestAReasonStaysReadable(t *testing.T) {
	broken := good()
	for f := 'a'; f < 'k'; f++ {
		broken.call(10+int(f), string(f), history.Fail, "no")
	}
	got, _ := sanity.New().Check(t.Context(), &broken.History)
	if !strings.Contains(got.Reason, "and 7 more doubts") {
		t.Errorf("%q", got.Reason)
	}
}

func TestStatisticsTellHowOftenEachKindWorked(t *testing.T) {
	got, _ := sanity.New().Check(t.Context(), &good().call(3, "cas", history.Info, "timeout").History)
	want := checkers.Stat{Name: "cas", Value: "0 of 2 ok, 1 mismatch, 1 of unknown outcome"}
	if len(got.Stats) != 3 || got.Stats[0] != want {
		t.Errorf("%v", got.Stats)
	}
}
