package ledger_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/ledger"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := ledger.New().Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	charged = "0 invoke charge [17,500] node=n1\n0 ok charge [17,500] node=n1\n"
	timeout = "1 invoke charge [17,500] node=n2\n1 info charge [17,500] node=n2 !timeout\n"
	refused = "2 invoke charge [17,500] node=n3\n2 fail charge [17,500] node=n3 !no leader\n"
)

// read is a read in the middle of a run, final one at its end.
func read(entries string) string {
	return "8 invoke read node=n3\n8 ok read " + entries + " node=n3\n"
}

func final(entries string) string {
	return "9 invoke read node=n3 final\n9 ok read " + entries + " node=n3 final\n"
}

// known are histories and their verdicts: valid, unknown, or the anomalies in the
// order of the findings.
var known = []struct{ name, want, text string }{
	{"charged once", "valid", charged + final("[[17,500]]")},
	{"a statement is a read", "valid", charged + strings.ReplaceAll(final("[[17,500]]"), "read", "statement")},
	{"charged after a timeout", "valid", timeout + charged + final("[[17,500]]")},
	{"charged after a refusal and a timeout, in no order", "valid", refused + timeout + charged + "0 invoke charge [4,1]\n0 ok charge [4,1]\n" + final("[[4,1],[17,500]]")},
	{"charged again although it was acknowledged", "valid", charged + charged + final("[[17,500]]")},
	{"a timeout that had no effect", "valid", timeout + strings.ReplaceAll(charged, "17", "18") + final("[[18,500]]")},
	{"a timeout that had an effect", "valid", timeout + final("[[17,500]]")},
	{"an effect after a final read", "valid", timeout + strings.ReplaceAll(charged, "17", "18") + final("[[18,500]]") + final("[[18,500],[17,500]]")},
	{"a refusal that had no effect", "valid", refused + strings.ReplaceAll(charged, "17", "18") + final("[[18,500]]")},
	{"ledgers of their own", "valid", strings.ReplaceAll(charged+final("[[17,500]]"), " node", " key=a node") + strings.ReplaceAll(charged+final("[[17,500]]"), " node", " key=b node")},
	{"missing in the middle of a run", "valid", charged + read("[]") + final("[[17,500]]")},
	{"charged while it was read", "valid", "9 invoke read final\n" + charged + "9 ok read null final\n" + final("[[17,500]]")},
	{"different amounts of one order", "valid", timeout + "3 invoke charge [17,600]\n3 ok charge [17,600]\n" + final("[[17,600]]")},
	{"charged by two attempts", "double-charge", timeout + charged + final("[[17,500],[17,500]]")},
	{"charged by many attempts", "double-charge", timeout + charged + charged + charged + charged + final("[[17,500],[17,500],[17,500]]")},
	{"charged twice by one attempt", "double-charge", refused + charged + final("[[17,500],[17,500]]")},
	{"charged twice in the middle of a run", "double-charge", timeout + charged + read("[[17,500],[17,500]]") + final("[[17,500]]")},
	{"charged twice with different amounts", "double-charge", timeout + "3 invoke charge [17,600]\n3 ok charge [17,600]\n" + final("[[17,600],[17,500]]")},
	{"lost", "lost", charged + final("[]")},
	{"lost after it was read", "lost", timeout + read("[[17,500]]") + final("[]")},
	{"lost after it was read by others", "lost", charged + read("[[17,500]]") + final("[]")},
	{"stale", "stale", charged + final("[]") + final("[[17,500]]")},
	{"never charged", "phantom", charged + final("[[17,500],[18,1]]")},
	{"read before it was charged", "phantom", read("[[17,500]]") + charged + final("[[17,500]]")},
	{"charged by attempts that failed", "aborted-read", refused + refused + final("[[17,500]]")},
	{"charged by an attempt that failed, and tried later", "aborted-read", refused + read("[[17,500]]") + charged + final("[[17,500]]")},
	{"a wrong amount", "wrong-amount", charged + final("[[17,5000]]")},
	{"the amount of a later attempt", "wrong-amount", charged + "3 invoke charge [17,600]\n3 info charge [17,600] !timeout\n" + final("[[17,600]]")},
	{"the amount of an attempt that failed", "wrong-amount", "3 invoke charge [17,600]\n3 fail charge [17,600] !refused\n" + charged + final("[[17,600]]")},
	{"an amount that changes", "wrong-amount", timeout + "3 invoke charge [17,600]\n3 ok charge [17,600]\n" + read("[[17,600]]") + final("[[17,500]]")},
	{"all at once", "double-charge lost phantom wrong-amount", timeout + charged + "0 invoke charge [1,1]\n0 ok charge [1,1]\n0 invoke charge [2,2]\n0 ok charge [2,2]\n" + final("[[2,3],[3,3],[17,500],[17,500]]")},
	{"nothing", "unknown", ""},
	{"nothing charged", "unknown", refused + timeout + final("[]")},
	{"nothing read", "unknown", charged},
	{"nothing read at the end", "unknown", charged + read("[[17,500]]")},
	{"nothing read at the end, and nothing acknowledged", "unknown", timeout + read("[[17,500]]")},
	{"a final read without an answer", "unknown", charged + "9 invoke read final\n9 info read final !timeout\n"},
	{"tried again after the final read", "unknown", charged + final("[[17,500]]") + charged},
	{"an operation of another kind", "unknown", "0 invoke refund [17,500]\n0 ok refund [17,500]\n"},
	{"a charge without an amount", "unknown", "0 invoke charge 17\n0 ok charge 17\n"},
	{"a charge of text", "unknown", "0 invoke charge [\"a\",5]\n0 ok charge [\"a\",5]\n"},
	{"a read of an integer", "unknown", charged + final("17")},
	{"a read of integers", "unknown", charged + final("[17]")},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := script.Parse(t, c.text)
			got := check(t, h)
			if said := summary(got); said != c.want || got.Reason == "" {
				t.Errorf("%s, want %s: %s %+v", said, c.want, got.Reason, got.Findings)
			}
			if got.Validity == checkers.Invalid {
				script.PointsAtCalls(t, h, got)
			}
			for _, f := range got.Findings {
				if len(f.Context) > 4 {
					t.Errorf("%d operations in one finding", len(f.Context))
				}
			}
		})
	}
}

// summary is a verdict's validity, or its anomalies, each once.
func summary(v checkers.Verdict) string {
	if v.Validity != checkers.Invalid {
		return v.Validity.String()
	}
	var names []string
	for i, f := range v.Findings {
		if i == 0 || f.Anomaly != v.Findings[i-1].Anomaly {
			names = append(names, f.Anomaly)
		}
	}
	return strings.Join(names, " ")
}

// The golden file is there to be read: it has every kind of explanation.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		all.WriteString(script.Explained(c.name, check(t, script.Parse(t, c.text))))
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}
