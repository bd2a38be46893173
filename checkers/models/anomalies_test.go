package models_test

import (
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/models"
)

const skewedPair = `
	0 invoke txn [["r","x",null],["r","y",null],["w","x",1]]
	1 invoke txn [["r","x",null],["r","y",null],["w","y",1]]
	0 ok txn [["r","x",null],["r","y",null],["w","x",1]]
	1 ok txn [["r","x",null],["r","y",null],["w","y",1]]`

const wentBack = `
	0 invoke increment
	0 ok increment 1
	1 invoke read
	1 ok read 0
`

func TestHistoriesThatShowOneAnomaly(t *testing.T) {
	for _, c := range []struct {
		model, text, want string
		options           models.Options
	}{
		{"write-skew", skewedPair, "write-skew", nil},
		{"write-skew", skewedPair, "valid", models.Options{"expect": "snapshot-isolation"}},
		{"long-fork", `
			0 invoke txn [["r","x",null],["r","y",null]]
			0 ok txn [["r","x",1],["r","y",null]]
			1 invoke txn [["r","x",null],["r","y",null]]
			1 ok txn [["r","x",null],["r","y",1]]`, "long-fork", nil},
		{"monotonic", wentBack, "went-back", nil},
		{"monotonic", wentBack, "valid", models.Options{"order": "per-client"}},
		{"monotonic", wentBack, "valid", models.Options{"order": "none"}},
	} {
		m, err := models.Find(c.model)
		if err != nil {
			t.Fatal(err)
		}
		v, err := m.Judge(t.Context(), script.Parse(t, c.text), c.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(v); got != c.want {
			t.Errorf("%s %v: %s (%s), want %s", c.model, c.options, got, v.Reason, c.want)
		}
	}
	m, err := models.Find("monotonic")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.New(models.Options{"order": "alphabetical"}); err == nil {
		t.Error("there is no such order")
	}
}
