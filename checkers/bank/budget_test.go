package bank_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/bank"
	"github.com/assaykit/assay/checkers/internal/script"
)

// What there was no time to look at is not valid.
func TestWithoutTimeNothingIsProved(t *testing.T) {
	h := script.Parse(t, `
		0 invoke transfer ["a","b",10]
		0 ok transfer ["a","b",10]
		1 invoke read
		1 ok read [["a",90],["b",110]]`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := bank.New(bank.Config{Balances: map[string]int{"a": 100, "b": 100}})
	if v, err := c.Check(ctx, h); err != nil || v.Validity != checkers.Unknown {
		t.Errorf("%s: %s, %v", v.Validity, v.Reason, err)
	}
	if v, err := c.Check(t.Context(), h); err != nil || v.Validity != checkers.Valid {
		t.Errorf("%s: %s, %v", v.Validity, v.Reason, err)
	}
}

// Reads among hundreds of transfers of which nobody knows whether they happened are
// explained all the same.
func TestReadsAmongHundredsOfDoubtfulTransfers(t *testing.T) {
	var text strings.Builder
	a, b := 1000, 1000
	text.WriteString("0 invoke transfer [\"a\",\"b\",1]\n0 ok transfer [\"a\",\"b\",1]\n")
	a, b = a-1, b+1
	for i := range 300 {
		from, to, amount := "a", "b", 1+i%7
		if i%3 == 0 {
			from, to = to, from
		}
		fmt.Fprintf(&text, "%d invoke transfer [%q,%q,%d]\n", i+1, from, to, amount)
		if i%2 == 0 { // this one happens
			if from == "a" {
				a, b = a-amount, b+amount
			} else {
				a, b = a+amount, b-amount
			}
		}
		fmt.Fprintf(&text, "%d info transfer [%q,%q,%d] !timeout\n", i+1, from, to, amount)
		if i%10 == 0 && i < 100 || i > 250 { // for a long time nobody reads
			fmt.Fprintf(&text, "999 invoke read\n999 ok read [[\"a\",%d],[\"b\",%d]]\n", a, b)
		}
	}
	v := check(t, bank.Config{Balances: map[string]int{"a": 1000, "b": 1000}}, script.Parse(t, text.String()))
	if v.Validity != checkers.Valid || !strings.Contains(v.Reason, "each is explained") {
		t.Errorf("%s: %s", v.Validity, v.Reason)
	}
}
