package bank

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

func TestPlainObjectsAreReadAsThoroughlyAsOthers(t *testing.T) {
	pieces := []string{`"a"`, `"b"`, `"\""`, `"é"`, `":"`, `"}"`, `":1,"`, `"\\"`, `1`, `-20`, `null`, `"1"`, `1.5`, `9223372036854775808`, `{"a":1}`, `[1,"]"]`, `""`}
	script.Try(t, 20_000, 1, func(t *testing.T, random *rand.Rand) bool {
		var fieldsOf []string
		for range random.IntN(4) {
			fieldsOf = append(fieldsOf, pieces[random.IntN(8)]+":"+pieces[random.IntN(len(pieces))])
		}
		text := "{" + strings.Join(fieldsOf, ",") + "}"
		var v history.Value
		if err := v.UnmarshalJSON([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
			return false
		}
		pairs, ok := fields(v)
		if !ok || len(pairs) != 2*len(fieldsOf) {
			t.Errorf("%s has the fields %v", text, pairs)
			return false
		}
		return readsAlike(t, text, v, pairs)
	})
}

func readsAlike(t *testing.T, text string, v history.Value, pairs []history.Value) bool {
	b := &bank{numbers: map[string]int{}}
	var r reading
	if plain, err := b.addPlain(&r, v); !plain || err != nil {
		return true
	}
	if 2*len(r.balances) != len(pairs) {
		t.Errorf("%s was read as %v", text, r.balances)
		return false
	}
	for i, held := range r.balances {
		name, _ := pairs[2*i].Text()
		amount, ok := pairs[2*i+1].Int()
		if b.names[held.account] != name || held.amount != amount || !ok {
			t.Errorf("%s was read as %q %d, want %v", text, b.names[held.account], held.amount, pairs[2*i:2*i+2])
			return false
		}
	}
	return true
}
