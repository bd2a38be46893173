package trial_test

import (
	"context"
	"testing"

	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/linearizability/internal/oracle"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/register"
	"github.com/assaykit/assay/checkers/linearizability/trial"
	"github.com/assaykit/assay/harness/history"
)

const stale = `
	0 invoke write 1
	0 ok write 1
	0 invoke write 2
	0 ok write 2
	1 invoke read
	1 ok read 1
	0 invoke write 3
	0 ok write 3
	1 invoke read
	1 ok read 3`

// opened is the case of a register.
func opened(t *testing.T, text string) (*trial.Trial, object.Object) {
	t.Helper()
	k := history.KeyCalls{Key: "x", Calls: script.Parse(t, text).Calls()}
	o, err := register.Type().Open(k)
	if err != nil {
		t.Fatal(err)
	}
	return trial.New(k.Key, k.Calls, o), o
}

func TestAStaleReadIsDecidedWithoutASearchAndExplained(t *testing.T) {
	c, _ := opened(t, stale)
	if !c.Open() {
		t.Error("a new case is decided")
	}
	c.Prepare()
	if c.Outcome != object.Illegal || c.Open() {
		t.Fatalf("outcome %v", c.Outcome)
	}
	c.Explain(t.Context())
	if e := c.Explanation; e == nil || e.Finding.Anomaly != register.StaleRead || len(e.Finding.Context) != 3 {
		t.Errorf("explained as %+v", e)
	}
}

// What has no monitor is decided by the search, and shrunk from where it ended.
func TestTheSearchDecidesTheSame(t *testing.T) {
	_, o := opened(t, stale)
	k := history.KeyCalls{Calls: script.Parse(t, stale).Calls()}
	c := trial.New("x", k.Calls, plain{o})
	c.Prepare()
	if !c.Open() || c.Operations() != 5 || c.Uncertain() != 0 {
		t.Fatalf("outcome %v of %d operations, %d uncertain", c.Outcome, c.Operations(), c.Uncertain())
	}
	c.Search(context.Background(), 1<<20)
	if c.Outcome != object.Illegal {
		t.Fatalf("outcome %v", c.Outcome)
	}
	c.Explain(t.Context())
	e := c.Explanation
	if e == nil || e.Finding.Anomaly != trial.NotLinearizable || len(e.Finding.Context) > 3 {
		t.Errorf("explained as %+v", e)
	}
}

// plain is an object that can do nothing but what every object can.
type plain struct{ object.Object }

func TestTheOracleAgreesWithItself(t *testing.T) {
	for text, want := range map[string]object.Outcome{stale: object.Illegal, "0 invoke write 1\n0 ok write 1": object.Legal} {
		_, o := opened(t, text)
		if got := oracle.Ask(t.Context(), o, o.Ops()); got != want {
			t.Errorf("brute force says %v, want %v", got, want)
		}
		if got := oracle.Porcupine(t.Context(), o, o.Ops(), 1<<20); got != want {
			t.Errorf("porcupine says %v, want %v", got, want)
		}
		if got := oracle.Porcupine(t.Context(), o, o.Ops(), 0); want == object.Illegal && got == object.Illegal {
			t.Error("porcupine decides without memory")
		}
	}
}
