package postgres

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/assaykit/assay/harness/history/transaction"
)

// appends is an append in a transaction, whose values are texts and numbers.
func appends(t *testing.T, protocol string) *server {
	t.Helper()
	s := serve(t)
	s.answer = func(string) pgproto3.BackendMessage { return nil }
	ops := []transaction.Op{{Kind: transaction.Append, Key: "it's", Value: -5}}
	if _, err := dial(t, s.address, protocol).TransactLists(t.Context(), ops); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatementsArePreparedOrOneText(t *testing.T) {
	extended := appends(t, "protocol=extended")
	if asked := strings.Join(extended.asked, "; "); asked != "begin; commit" || len(extended.prepared) != 1 || !strings.Contains(extended.prepared[0], "$2") {
		t.Errorf("extended: asked %s, prepared %q", asked, extended.prepared)
	}
	simple := appends(t, "protocol=simple")
	if len(simple.prepared) != 0 || len(simple.asked) != 3 {
		t.Fatalf("simple: asked %q, prepared %q", simple.asked, simple.prepared)
	}
	// A value is a text there, and what becomes of it is the server's to guess: beside
	// an array it would guess another array.
	for _, text := range []string{"'it''s'", "array[ '-5' ::bigint]", "lists.elements ||  '-5' ::bigint"} {
		if !strings.Contains(simple.asked[1], text) {
			t.Errorf("%s is not in %s", text, simple.asked[1])
		}
	}
}
