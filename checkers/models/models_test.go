package models_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/models"
)

// sent is a queue with two messages that were acknowledged.
const sent = `
	0 invoke enqueue 1
	0 ok enqueue 1
	0 invoke enqueue 2
	0 ok enqueue 2
`

// known are histories as other tools record them, and the verdict: valid, unknown,
// or the anomalies in the order of the findings.
var known = []struct {
	name, model string
	options     models.Options
	text, want  string
}{
	{name: "other names of a register's operations", model: "register", text: `
		0 invoke w 1
		0 ok w 1
		0 invoke compare-and-set [1,2]
		0 ok compare-and-set [1,2]
		0 invoke r
		0 ok r 2
	`, want: "valid"},
	{name: "nothing", model: "register", want: "unknown"},
	{name: "reads that nobody answered", model: "register", text: `
		0 invoke w 1
		0 ok w 1
		0 invoke r
		0 info r
	`, want: "unknown"},
	{name: "reads that were refused", model: "register", text: `
		0 invoke w 1
		0 ok w 1
		0 invoke r
		0 fail r !no leader
	`, want: "unknown"},
	{name: "a read of all accounts may be old", model: "bank", text: twoReads, want: "valid"},
	{name: "unless they have to be current", model: "bank", options: models.Options{"reads": "current", "total": "20"}, text: twoReads, want: "unexplained"},
	{name: "a compare-and-set that nobody answered, but whose effect was seen", model: "register", text: `
		0 invoke w 1
		0 ok w 1
		1 invoke cas [1,2]
		1 info cas [1,2]
		0 invoke r
		0 ok r 2
	`, want: "valid"},
	{name: "nothing found, and nobody knows whether anything was written", model: "register", text: `
		0 invoke w 1
		0 info w 1
		1 invoke r
		1 ok r null
	`, want: "valid"},
	{name: "a failed compare-and-set tells nothing by itself", model: "register", text: `
		0 invoke write 1
		0 ok write 1
		0 invoke cas [1,2]
		0 fail cas [1,2] !refused
		0 invoke cas [1,3]
		0 ok cas [1,3]
	`, want: "valid"},
	{name: "a failed compare-and-set is said to be a mismatch", model: "register", options: models.Options{"failed-cas": "mismatch"}, text: `
		0 invoke write 1
		0 ok write 1
		0 invoke cas [1,2]
		0 fail cas [1,2] !refused
		0 invoke cas [1,3]
		0 ok cas [1,3]
	`, want: "wrong-mismatch not-sequential"},
	{name: "a set", model: "set", text: `
		0 invoke broadcast 1
		0 ok broadcast 1
		0 invoke read
		0 ok read [1]
	`, want: "valid"},
	{name: "a message is missing, and nothing shows that the queue was drained", model: "queue", text: sent + `
		1 invoke dequeue
		1 ok dequeue 1
		1 invoke dequeue
		1 fail dequeue !empty
	`, want: "unknown"},
	{name: "a message is missing, and the last receives are the drain", model: "queue", options: models.Options{"drain": "end"}, text: sent + `
		1 invoke dequeue
		1 ok dequeue 1
		1 invoke dequeue
		1 fail dequeue !empty
	`, want: "lost"},
	{name: "an empty answer before the last send is no drain", model: "queue", options: models.Options{"drain": "end"}, text: sent + `
		1 invoke dequeue
		1 ok dequeue 1
		1 invoke dequeue
		1 fail dequeue !empty
		0 invoke enqueue 3
		0 fail enqueue 3 !refused
	`, want: "unknown"},
	{name: "a failure of another kind is no answer", model: "queue", options: models.Options{"drain": "end"}, text: sent + `
		1 invoke dequeue
		1 ok dequeue 1
		1 invoke dequeue
		1 fail dequeue !refused
	`, want: "unknown"},
	{name: "a drain has all", model: "queue", text: sent + `
		1 invoke drain
		1 ok drain [1,2]
	`, want: "valid"},
	{name: "a drain in another order, which it does not tell", model: "queue", text: sent + `
		1 invoke drain
		1 ok drain [2,1]
	`, want: "valid"},
	{name: "a drain lacks one", model: "queue", text: sent + `
		1 invoke drain
		1 ok drain [1]
	`, want: "lost"},
	{name: "a drain lacks one that was received meanwhile", model: "queue", text: sent + `
		1 invoke drain
		2 invoke dequeue
		2 ok dequeue 2
		1 ok drain [1]
	`, want: "valid"},
	{name: "a drain has one twice", model: "queue", text: sent + `
		1 invoke drain
		1 ok drain [1,2,2]
	`, want: "duplicated"},
	{name: "an empty drain", model: "queue", text: sent + `
		1 invoke drain
		1 ok drain
	`, want: "lost"},
	{name: "a drain of unknown outcome may have taken everything", model: "queue", text: sent + `
		1 invoke drain
		1 info drain !timeout
		2 invoke drain
		2 ok drain []
	`, want: "unknown"},
	{name: "a failed drain has taken nothing", model: "queue", text: sent + `
		1 invoke drain
		1 fail drain !refused
		2 invoke drain
		2 ok drain [2]
	`, want: "lost"},
	{name: "a drain with a result that is no list", model: "queue", text: sent + `
		1 invoke drain
		1 ok drain 7
	`, want: "unknown"},
	{name: "losing is allowed", model: "queue", options: models.Options{"profile": "at-most-once"}, text: sent + `
		1 invoke drain
		1 ok drain [1]
	`, want: "valid"},
	{name: "a message overtakes another one", model: "queue", text: sent + `
		1 invoke dequeue
		1 ok dequeue 2
		1 invoke dequeue
		1 ok dequeue 1
	`, want: "reordered"},
	{name: "overtaking is allowed", model: "queue", options: models.Options{"order": "unordered"}, text: sent + `
		1 invoke dequeue
		1 ok dequeue 2
		1 invoke dequeue
		1 ok dequeue 1
	`, want: "valid"},
	{name: "a change that a watcher was not told of", model: "watch", text: `
		0 invoke put 7 key=k
		0 ok put 3 key=k
		1 invoke watch 0
		1 ok watch [3,[["k",7,3]]]
		2 invoke watch 0
		2 ok watch [4,[]]
	`, want: "missed"},
	{name: "two leaders in one term", model: "leader", text: `
		0 invoke leads node=n1
		0 ok leads [true,3] node=n1
		1 invoke leads node=n2
		1 ok leads [true,3] node=n2
	`, want: "two-leaders-in-a-term"},
	{name: "two leaders at a time, in two terms", model: "leader", options: models.Options{"expect": "time"}, text: twoLeaders, want: "two-leaders-at-a-time"},
	{name: "two leaders at a time are allowed", model: "leader", text: twoLeaders, want: "valid"},
	{name: "two decisions", model: "consensus", text: `
		0 invoke decide 1
		0 ok decide 1
		1 invoke decide 2
		1 ok decide 2
		2 invoke read
		2 ok read 1
	`, want: "disagreement"},
}

// twoReads are one before and one after a transfer, which the second does not show.
const twoReads = `
	0 invoke read
	0 ok read [["a",10],["b",10]]
	0 invoke transfer ["a","b",5]
	0 ok transfer ["a","b",5]
	1 invoke read
	1 ok read [["a",10],["b",10]]
`

// twoLeaders is a leader that goes on while there is another one.
const twoLeaders = `
	0 invoke leads node=n1
	0 ok leads [true,1] node=n1
	1 invoke leads node=n2
	1 ok leads [true,2] node=n2
	0 invoke leads node=n1
	0 ok leads [true,1] node=n1
`

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		m, err := models.Find(c.model)
		if err != nil {
			t.Fatal(err)
		}
		v, err := m.Judge(t.Context(), script.Parse(t, c.text), c.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(v); got != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, got, v.Reason, c.want)
		}
	}
}

func outcome(v checkers.Verdict) string {
	if v.Validity != checkers.Invalid {
		return v.Validity.String()
	}
	var names []string
	for _, f := range v.Findings {
		names = append(names, f.Anomaly)
	}
	return strings.Join(slices.Compact(names), " ")
}

// Every model explains itself, has a checker with its default settings and with
// each choice, and can be found.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range models.All() {
		if m.Name == "" || m.About == "" || seen[m.Name] {
			t.Errorf("model %q has no name, says nothing or is there twice", m.Name)
		}
		seen[m.Name] = true
		if found, err := models.Find(m.Name); err != nil || found.Name != m.Name {
			t.Errorf("%s is found as %s, %v", m.Name, found.Name, err)
		}
		if c, err := m.New(nil); err != nil || c == nil {
			t.Errorf("%s has no checker: %v", m.Name, err)
		}
		for _, s := range m.Settings {
			for _, choice := range s.Choices {
				if _, err := m.New(models.Options{s.Key: choice.Value}); err != nil {
					t.Errorf("%s, %s=%s: %v", m.Name, s.Key, choice.Value, err)
				}
			}
		}
	}
	if _, err := models.Find("regster"); err == nil || !strings.Contains(err.Error(), "register") {
		t.Errorf("regster: %v", err)
	}
	queue, err := models.Find("queue")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queue.New(models.Options{"profile": "once"}); err == nil {
		t.Error("there is no profile once")
	}
}
