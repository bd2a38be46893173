package lock

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/harness/history"
)

// The anomalies of fencing tokens, by the names that findings bear.
const (
	// TokenTwice: one token was given out twice.
	TokenTwice = "token-twice"
	// TokenNotGrowing: a token was smaller than one that was given out before.
	TokenNotGrowing = "token-not-growing"
)

// Tokens are the fencing tokens of a lock, by which a storage can refuse who has
// lost the lock without knowing it (Kleppmann, How to do distributed locking,
// 2016): each is greater than all that were given out before. Operations are
//
//   - acquire: Ok with an integer, the token, or with a list that ends with it, as
//     in [milliseconds token];
//   - release: not looked at.
//
// Other outcomes of acquire tell nothing, for nobody knows what token was given
// out, if any. Whether the lock itself was held by one at a time is not judged: see
// Mutex.
func Tokens() object.Type {
	return object.Type{
		Name: "fenced-lock", About: "a lock whose tokens that grow with every acquire",
		Open: func(k history.KeyCalls) (object.Object, error) { return openTokens(k) },
	}
}

// tokens are those that a lock gave out. Their order is the only one that
// operations can have, which makes it all simple. A class is a token's place among
// all of them, and so is a state, with 0 for none.
type tokens struct {
	calls  []history.Call
	ops    []object.Op
	values []int
}

var (
	_ object.Normalizer = (*tokens)(nil)
	_ object.Monitor    = (*tokens)(nil)
	_ object.Shrinker   = (*tokens)(nil)
	_ object.Explainer  = (*tokens)(nil)
)

func openTokens(k history.KeyCalls) (*tokens, error) {
	t := &tokens{calls: k.Calls}
	var given []int
	for i := range k.Calls {
		token, has, err := tokenOf(&k.Calls[i])
		if err != nil {
			return nil, fmt.Errorf("op %d (%s%s): %w", k.Calls[i].Invoke, k.Calls[i].F, checkers.On("lock", k.Key), err)
		}
		if has {
			given = append(given, token)
			t.ops = append(t.ops, object.Op{Start: k.Calls[i].Invoke, End: k.Calls[i].Complete, Call: i})
		}
	}
	t.values = slices.Compact(slices.Sorted(slices.Values(given)))
	for i, token := range given {
		place, _ := slices.BinarySearch(t.values, token)
		t.ops[i].Class = int32(place)
	}
	return t, nil
}

// tokenOf is the token that a call was answered with, if it was.
func tokenOf(call *history.Call) (token int, has bool, err error) {
	if call.F == "release" || call.F == "acquire" && call.Type != history.OK {
		return 0, false, nil
	}
	if call.F != "acquire" {
		return 0, false, fmt.Errorf("a lock has no such operation")
	}
	last := call.Out
	if items, ok := call.Out.Items(); ok && len(items) > 0 {
		last = items[len(items)-1]
	}
	if token, has = last.Int(); !has {
		return 0, false, fmt.Errorf("it was answered %v, which is no token", call.Out)
	}
	return token, true, nil
}

// Ops are the acquires that were answered with a token.
func (t *tokens) Ops() []object.Op { return t.ops }

// Verb tells what an operation did.
func (t *tokens) Verb(op object.Op) string {
	return fmt.Sprintf("acquired the lock with token %d", t.values[op.Class])
}

// Initial is that no token was given out.
func (t *tokens) Initial() object.State { return 0 }

// Step gives out a token that is greater than the last one.
func (t *tokens) Step(last object.State, class int32) (object.State, bool) {
	this := object.State(class) + 1
	return this, this > last
}

// Observer is false: every operation gives out a token.
func (t *tokens) Observer(int32) bool { return false }

// Normal leaves out acquires that are not known to have happened: without one, those
// after it have more room.
func (t *tokens) Normal(ops []object.Op) []object.Op {
	return slices.DeleteFunc(slices.Clone(ops), func(op object.Op) bool { return op.Maybe })
}

// Monitor goes through the tokens in their order: no acquire may have been over
// before one with a smaller token began.
func (t *tokens) Monitor(ops []object.Op) (object.Outcome, []int) {
	order := make([]int, len(ops))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(ops[a].Class, ops[b].Class) })
	for n, this := range order {
		if n > 0 && ops[order[n-1]].Class == ops[this].Class {
			return object.Illegal, []int{order[n-1], this}
		}
	}
	latest := none // to begin among those with smaller tokens
	for _, this := range order {
		if latest != none && ops[this].End < ops[latest].Start {
			return object.Illegal, []int{this, latest}
		}
		if latest == none || ops[this].Start > ops[latest].Start {
			latest = this
		}
	}
	return object.Legal, nil
}

// Shrink lets everything go: the tokens that are left still have to grow.
func (t *tokens) Shrink([]object.Op, []bool) {}

// Explain tells of two acquires.
func (t *tokens) Explain(ops []object.Op) (object.Account, bool) {
	if len(ops) != 2 {
		return object.Account{}, false
	}
	a := object.Account{Anomaly: TokenNotGrowing, Culprits: []int{0, 1}}
	first, second := object.Did(t, t.calls, ops[0]), object.Did(t, t.calls, ops[1])
	if ops[0].Class == ops[1].Class {
		a.Anomaly = TokenTwice
		a.Short = fmt.Sprintf("token %d was given out twice", t.values[ops[0].Class])
		a.Text = fmt.Sprintf("%s, and %s. A token is given out once: who has the lock cannot be told from who had it.", capital(first), second)
		return a, true
	}
	a.Short = fmt.Sprintf("token %d was given out after token %d", t.values[ops[1].Class], t.values[ops[0].Class])
	a.Text = fmt.Sprintf("%s. %s, and began only after the former was over. So its token had to be greater than %d: a storage that has seen that refuses the one who holds the lock, and accepts the one who lost it.",
		capital(first), capital(second), t.values[ops[0].Class])
	return a, true
}
