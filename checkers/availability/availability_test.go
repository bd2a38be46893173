package availability_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, d availability.Demands, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := availability.New(d).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// parse reads a history whose nemesis, process -1, has the fault as its value.
func parse(t testing.TB, text string) *history.History {
	t.Helper()
	h := script.Parse(t, text)
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process != history.Nemesis {
			continue
		}
		text, err := op.Value.MarshalJSON()
		if err == nil {
			err = json.Unmarshal(text, &op.Fault)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

const (
	cut = `{"id":1,"name":"partition","nodes":["n1"],"detail":"one:n1|n2","sides":[["n1"],["n2"]]}`
	// calm is a history without faults; one of ten operations was not answered.
	calm = `
		0 invoke read node=n1 at=10ms
		0 ok read 1 node=n1 at=11ms
		0 invoke read node=n1 at=20ms
		0 ok read 1 node=n1 at=22ms
		0 invoke read node=n1 at=30ms
		0 ok read 1 node=n1 at=33ms
		0 invoke read node=n1 at=40ms
		0 ok read 1 node=n1 at=44ms
		0 invoke read node=n1 at=50ms
		0 ok read 1 node=n1 at=55ms
		1 invoke cas [1,2] node=n2 at=60ms
		1 fail cas [1,2] node=n2 at=66ms !mismatch
		1 invoke cas [1,2] node=n2 at=70ms
		1 ok cas [1,2] node=n2 at=77ms
		1 invoke cas [1,2] node=n2 at=80ms
		1 ok cas [1,2] node=n2 at=88ms
		1 invoke cas [1,2] node=n2 at=90ms
		1 ok cas [1,2] node=n2 at=99ms
		1 invoke cas [1,2] node=n2 at=100ms
		1 info cas [1,2] node=n2 at=1100ms !timeout`
)

// storm is a history with one partition. After it n1 recovers with its third
// operation, or later if more are refused.
func storm(refused int) string {
	text := `
		0 invoke read node=n1 at=10ms
		0 ok read 1 node=n1 at=11ms
		1 invoke read node=n2 at=20ms
		1 ok read 1 node=n2 at=21ms
		-1 invoke inject ` + cut + ` at=100ms
		-1 ok inject ` + cut + ` at=110ms
		0 invoke read node=n1 at=120ms
		0 fail read node=n1 at=130ms !no_leader
		1 invoke read node=n2 at=140ms
		1 ok read 1 node=n2 at=150ms
		-1 invoke heal ` + cut + ` at=200ms
		-1 ok heal ` + cut + ` at=210ms`
	for i := range 5 {
		text += fmt.Sprintf("\n1 invoke read node=n2 at=%dms\n1 ok read 1 node=n2 at=%dms", 220+20*i, 230+20*i)
	}
	for i := range refused + 5 {
		outcome := "ok read 1"
		if i < refused {
			outcome = "fail read"
		}
		text += fmt.Sprintf("\n0 invoke read node=n1 at=%dms\n0 %s node=n1 at=%dms", 400+100*i, outcome, 450+100*i)
	}
	return text
}

// unseen is a storm after which another fault strikes before n1 is back.
func unseen() string {
	next := strings.ReplaceAll(cut, `"id":1`, `"id":2`)
	full := strings.Split(storm(2), "\n0 invoke read node=n1 at=600ms")
	return full[0] + "\n-1 invoke inject " + next + " at=590ms\n-1 ok inject " + next + " at=595ms" +
		"\n-1 invoke heal " + next + " at=596ms\n-1 ok heal " + next + " at=597ms\n0 invoke read node=n1 at=600ms" + full[1]
}

// known are histories, demands and what must be said: valid, unknown, or the
// anomalies of the findings.
var known = []struct {
	name    string
	demands availability.Demands
	want    string
	text    string
}{
	{"nothing", availability.Demands{}, "unknown", ``},
	{"nothing was demanded", availability.Demands{}, "valid", calm},
	{"enough was answered", availability.Demands{MinSuccess: 0.9}, "valid", calm},
	{"too little was answered", availability.Demands{MinSuccess: 0.901}, "unavailable", calm},
	{"fast enough", availability.Demands{MaxLatency: 9 * time.Millisecond}, "valid", calm},
	{"too slow", availability.Demands{MaxLatency: 8 * time.Millisecond}, "slow", calm},
	{"two demands broken", availability.Demands{MinSuccess: 1, MaxLatency: 8 * time.Millisecond}, "unavailable slow", calm},
	{"nothing was answered, however fast", availability.Demands{MaxLatency: time.Second}, "unknown", `
		0 invoke read
		0 info read !timeout`},
	{"no faults to recover from", availability.Demands{MaxRecovery: time.Second}, "unknown", calm},
	{"no faults to be answered under", availability.Demands{MinSuccessUnderFaults: 0.1}, "unknown", calm},
	{"answered under a fault", availability.Demands{MinSuccessUnderFaults: 0.5}, "valid", storm(2)},
	{"not answered under a fault", availability.Demands{MinSuccessUnderFaults: 0.51}, "unavailable", storm(2)},
	{"a fault, and nothing demanded", availability.Demands{}, "valid", storm(2)},
	{"recovered with the third operation", availability.Demands{MaxRecovery: 250 * time.Millisecond}, "valid", storm(2)},
	{"not recovered before the third operation", availability.Demands{MaxRecovery: 249 * time.Millisecond}, "slow-recovery", storm(2)},
	{"recovered at once", availability.Demands{MaxRecovery: 50 * time.Millisecond, MinSuccess: 1, MaxLatency: 50 * time.Millisecond}, "valid", storm(0)},
	{"recovered at once, but not fast enough", availability.Demands{MaxRecovery: 49 * time.Millisecond}, "slow-recovery", storm(0)},
	{"the next fault came before the recovery", availability.Demands{MaxRecovery: time.Second}, "unknown", unseen()},
	{"the next fault came too late to excuse it", availability.Demands{MaxRecovery: 99 * time.Millisecond}, "slow-recovery", unseen()},
	{"never healed", availability.Demands{MinSuccess: 1, MinSuccessUnderFaults: 0.5}, "valid", `
		0 invoke read
		0 ok read 1
		-1 invoke inject ` + cut + `
		0 invoke read
		0 ok read 1
		0 invoke read`},
	{"an injection that failed was no fault", availability.Demands{MinSuccess: 1}, "unavailable", `
		-1 invoke inject ` + cut + `
		0 invoke read
		0 fail read
		-1 fail inject ` + cut},
	{"all was under faults", availability.Demands{MinSuccess: 1}, "unknown", `
		-1 invoke inject ` + cut + `
		0 invoke read
		0 ok read 1`},
	{"a node that never answered is not expected to", availability.Demands{MaxRecovery: 50 * time.Millisecond}, "valid", "0 invoke read node=n3\n0 fail read node=n3" + storm(0) + "\n9 invoke read node=n3 at=2s\n9 fail read node=n3 at=9s"},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		t.Run(c.name, func(t *testing.T) {
			h := parse(t, c.text)
			got := check(t, c.demands, h)
			said := got.Validity.String()
			if got.Validity == checkers.Invalid {
				script.PointsAtCalls(t, h, got)
				var anomalies []string
				for _, f := range got.Findings {
					anomalies = append(anomalies, f.Anomaly)
				}
				said = strings.Join(anomalies, " ")
			}
			if said != c.want || got.Reason == "" {
				t.Errorf("%s, want %s: %s %+v", said, c.want, got.Reason, got.Findings)
			}
		})
	}
}

// The golden file is there to be read: it has every kind of explanation and
// figure.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		v := check(t, c.demands, parse(t, c.text))
		all.WriteString(strings.TrimSuffix(script.Explained(c.name, v), "\n"))
		for _, s := range v.Stats {
			fmt.Fprintf(&all, "  %s: %s\n", s.Name, s.Value)
		}
		all.WriteString("\n")
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}

func TestFaultsThatOverlapShareAWindow(t *testing.T) {
	other := strings.ReplaceAll(cut, `"id":1`, `"id":2`)
	h := parse(t, `
		-1 invoke inject `+cut+`
		-1 invoke inject `+other+`
		-1 ok inject `+cut+`
		-1 ok inject `+other+`
		-1 invoke heal `+cut+`
		-1 ok heal `+cut+`
		0 invoke read
		0 fail read
		-1 invoke heal `+other+`
		-1 ok heal `+other+`
		0 invoke read
		0 ok read 1`)
	if got := check(t, availability.Demands{MinSuccess: 1}, h); got.Validity != checkers.Valid {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
	if got := check(t, availability.Demands{MinSuccessUnderFaults: 0.1}, h); !strings.Contains(got.Reason, "faults 1, 2") {
		t.Errorf("%v: %s", got.Validity, got.Reason)
	}
}

func TestStrangeHistoriesDoNotPanic(t *testing.T) {
	h := &history.History{}
	for i := range 5000 {
		h.Ops = append(h.Ops, history.Op{Index: i, Process: i, F: fmt.Sprint(i), Node: fmt.Sprint("n", i), Time: time.Duration(-i)})
	}
	demands := availability.Demands{MinSuccess: 0.1, MinSuccessUnderFaults: 0.1, MaxRecovery: 1, MaxLatency: 1}
	if got := check(t, demands, h); got.Validity != checkers.Invalid || len(got.Stats) > 100 {
		t.Errorf("%v: %s, %d figures", got.Validity, got.Reason, len(got.Stats))
	}
}
