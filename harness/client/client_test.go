package client

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

// fake answers by a table, and keeps what it was asked.
type fake struct {
	answers map[string]string
	err     error
	asked   []Call
	knows   []string
}

func (f *fake) Call(_ context.Context, c Call) (history.Value, error) {
	f.asked = append(f.asked, c)
	return value(f.answers[c.F]), f.err
}

func (f *fake) Operations() []string {
	if f.knows != nil {
		return f.knows
	}
	return Names()
}

func (f *fake) Close() error { return nil }

func value(text string) history.Value {
	var v history.Value
	if text == "" {
		return v
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(err)
	}
	return v
}

// right are answers that make sense, and wrong ones that do not.
var right = map[string]string{
	"read": "4", "receive": "5", "elements": "[1,2]", "balances": "[[0,10],[1,20]]",
	"txn-lists": `[["append","x",1],["r","x",[1]]]`, "txn-registers": `[["w","x",1],["r","x",1]]`,
	"get": "[3,7]", "put": "8", "put-if": "9", "delete": "0", "take": `[1,"t",false]`,
	"append": "11", "records": "[[0,5],[1,6]]", "poll": "[[2,7]]", "acquire": "33", "acquire-for": "34",
	"count": "5", "generate": "99", "changes": `[12,[["k",1,11],["k",null,12]]]`, "leads": "[true,4]", "entries": "[[1,20]]", "echo": "11",
}

var wrong = map[string][]string{
	"read":          {`"4"`, "4.5", "[4]", "true", "{}"},
	"receive":       {`"5"`, "false"},
	"elements":      {"null", "3", "[1,null]", `["1"]`, "[[1]]"},
	"balances":      {"null", "{}", "[[0]]", "[[0,1],[0,2]]", "[0,1]", "[[0,null]]"},
	"txn-lists":     {"null", "[]", `[["append","x",1]]`, `[["append","x",2],["r","x",[1]]]`, `[["append","x",1],["r","y",[1]]]`, `[["append","x",1],["r","x",1]]`},
	"txn-registers": {"null", `[["w","x",1],["r","x",[1]]]`, `[["r","x",1],["w","x",1]]`, `[["w","x",1],["r","x","1"]]`},
	"get":           {"3", "[3]", "[3,0]", "[null,1]", "[3,-1]"},
	"put":           {"null", `"8"`},
	"put-if":        {"null", "true"},
	"delete":        {"null"},
	"take":          {"1", "[1]", `[1,2,false]`, `[1,"t",0]`, `["1","t",false]`},
	"append":        {"null", "[1]"},
	"records":       {"null", "[5]", "[[0,5,6]]"},
	"poll":          {"null", "{}"},
	"acquire":       {`"33"`, "true"},
	"acquire-for":   {"[1]"},
	"count":         {"null", `"5"`},
	"generate":      {"null", "1.5"},
	"changes":       {"null", "[12]", `[12,[["k",1]]]`, `["12",[]]`, `[12,null]`, `[12,[[1,1,1]]]`},
	"leads":         {"null", "true", "[1,4]", "[true,null]"},
	"entries":       {"null", "[[1]]"},
	"echo":          {"null", `"11"`},
}

func examples(t *testing.T) map[string]Call {
	t.Helper()
	calls := map[string]Call{}
	for _, f := range Names() {
		o, found := Find(f)
		if !found {
			t.Fatalf("%s is not found", f)
		}
		calls[f] = Call{F: f, Key: "k", Value: value(o.Example)}
	}
	return calls
}

func TestEveryOperationIsPutIntoWordsAndRead(t *testing.T) {
	for f, call := range examples(t) {
		caller := &fake{answers: right}
		if _, err := New(caller).Try(t.Context(), call); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		asked := caller.asked[len(caller.asked)-1]
		if asked.F != f {
			t.Errorf("%s was put into words as %s", f, asked.F)
		}
		if f != "acknowledge" && !asked.Value.Equal(call.Value) {
			t.Errorf("%s: the value was %v, not %v", f, asked.Value, call.Value)
		}
	}
}

func TestAnswersAreWhatTheyMean(t *testing.T) {
	c := New(&fake{answers: right})
	ctx := t.Context()
	same := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	v, found, _ := c.Read(ctx, "k")
	same("read", []any{v, found}, []any{4, true})
	balances, _ := c.Balances(ctx)
	same("balances", balances, map[int]int{0: 10, 1: 20})
	ops, _ := c.TransactLists(ctx, []transaction.Op{{Kind: transaction.Append, Key: "x", Value: 1}, {Key: "x"}})
	same("txn", ops[1].List, []int{1})
	m, _, _ := c.Take(ctx, "q")
	same("take", m, workloads.Message{Value: 1, Ticket: "t"})
	records, _ := c.Records(ctx, "p", 0, 10)
	same("records", records, []workloads.Record{{Offset: 0, Value: 5}, {Offset: 1, Value: 6}})
	held, fence, _ := c.Acquire(ctx, "l")
	same("acquire", []any{held, fence}, []any{true, int64(33)})
	changes, upto, _ := c.Changes(ctx, "", 0)
	same("changes", changes, []workloads.Change{{Key: "k", Value: 1, Version: 11}, {Key: "k", Version: 12, Deleted: true}})
	same("upto", upto, int64(12))
	entries, _ := c.Entries(ctx)
	same("entries", entries, []workloads.Entry{{Order: 1, Amount: 20}})
}

// TestNonsenseIsAnUnknownOutcome answers each operation with what it cannot mean.
func TestNonsenseIsAnUnknownOutcome(t *testing.T) {
	for f, call := range examples(t) {
		for _, text := range wrong[f] {
			_, err := New(&fake{answers: map[string]string{f: text}}).Try(t.Context(), call)
			if err == nil || workloads.IsNoEffect(err) {
				t.Errorf("%s answered %s: %v", f, text, err)
			}
		}
		if _, answers := right[f]; answers && len(wrong[f]) == 0 {
			t.Errorf("%s: no wrong answer is tried", f)
		}
	}
}

func TestNullIsNothingFoundWhereThatCanBe(t *testing.T) {
	c := New(&fake{})
	if _, found, err := c.Read(t.Context(), "k"); found || err != nil {
		t.Errorf("read: %t, %v", found, err)
	}
	if _, found, err := c.Take(t.Context(), "k"); found || err != nil {
		t.Errorf("take: %t, %v", found, err)
	}
	if _, version, err := c.Get(t.Context(), "k"); version != 0 || err != nil {
		t.Errorf("get: %d, %v", version, err)
	}
}

func TestAMismatchIsAnAnswerOnlyWhereThereIsACondition(t *testing.T) {
	for f, call := range examples(t) {
		o, _ := Find(f)
		_, err := New(&fake{err: workloads.ErrMismatch}).Try(t.Context(), call)
		if o.Conditional && err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if !o.Conditional && !errors.Is(err, workloads.ErrMismatch) {
			t.Errorf("%s swallows a mismatch: %v", f, err)
		}
	}
}

func TestAnUnknownOutcomeStaysUnknown(t *testing.T) {
	lost := errors.New("lost")
	for f, call := range examples(t) {
		if _, err := New(&fake{err: lost}).Try(t.Context(), call); !errors.Is(err, lost) || workloads.IsNoEffect(err) {
			t.Errorf("%s: %v", f, err)
		}
	}
}

func TestWhatIsNotOfferedIsNeverSent(t *testing.T) {
	caller := &fake{knows: []string{"read", "write"}}
	c := New(caller)
	if err := c.Offers("Register"); err != nil {
		t.Errorf("compare-and-set can be left out: %v", err)
	}
	if _, err := c.CompareAndSet(t.Context(), "k", 1, 2); !workloads.IsNoEffect(err) || len(caller.asked) > 0 {
		t.Errorf("%v, %v", err, caller.asked)
	}
	for _, dataType := range []string{"Queue", "Bank", "Frobnicator"} {
		if c.Offers(dataType) == nil {
			t.Errorf("it offers %s", dataType)
		}
	}
}

func TestWorkloadsGoByWhatIsOffered(t *testing.T) {
	c := New(&fake{knows: []string{"add", "elements"}})
	if err := workloads.NewSet().Supports(c); err != nil {
		t.Error(err)
	}
	if err := workloads.NewRegister().Supports(c); err == nil || !strings.Contains(err.Error(), "read, write") {
		t.Errorf("registers: %v", err)
	}
}

// TestThePageAndTheSchemaNameEveryOperation keeps what people read in step with the
// table.
func TestThePageAndTheSchemaNameEveryOperation(t *testing.T) {
	page, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("protocol.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Welcome struct {
				Properties struct {
					Operations struct{ Items struct{ Enum []string } }
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	inSchema := schema.Defs.Welcome.Properties.Operations.Items.Enum
	for _, f := range Names() {
		if !strings.Contains(string(page), "| `"+f+"`") {
			t.Errorf("PROTOCOL.md does not tell of %s", f)
		}
	}
	got, want := slices.Sorted(slices.Values(inSchema)), slices.Sorted(slices.Values(Names()))
	if !slices.Equal(got, want) {
		t.Errorf("the schema has %v, want %v", got, want)
	}
}
