package nemesis_test

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// Every fault of clocks is seen in effect, also by what the nodes say, and gone
// thereafter; a node that is started again meanwhile has it too.
func TestClockFaultsOnARealCluster(t *testing.T) {
	c := startDemo(t)
	names := []string{"n2", "n1", "n3"}
	for _, texts := range [][]string{
		{"clock:jump(1h)"}, {"clock:jump(-5s)@all"}, {"clock:drift(500ppm)@majority"}, {"clock:drift(-50%)"},
		{"clock:strobe(10s,50ms)@n1,n3"}, {"clock:freeze"}, {"clock:jump(-1h)&freeze@all"},
		{"clock:jump(1h)@all", "kill:one"}, {"clock:strobe", "kill:one"}, {"clock:freeze", "pause:one"},
		{"partition:one", "clock:jump(-1h)"},
	} {
		t.Run(strings.Join(texts, ","), func(t *testing.T) {
			h := strike(t, c, names, texts...)
			for _, span := range h.FaultSpans() {
				t.Logf("%s %s: in effect after %s", span.Fault.Name, span.Fault.Detail, (span.Injected - span.Start).Round(time.Millisecond))
				if !span.Verified || !span.Healed {
					t.Errorf("%+v", span)
				}
			}
			if got, want := reapplied(h), len(texts) > 1 && texts[1] == "kill:one"; got != want {
				t.Errorf("was seen to hold after a restart: %v, want %v", got, want)
			}
		})
	}
}

func reapplied(h *history.History) bool {
	for _, op := range h.Ops {
		if op.F == history.Reapply && op.Type == history.OK {
			return true
		}
	}
	return false
}

// The clock jumps under the feet of a process whose connections stay open.
func TestConnectionsOutliveAJumpOfTheClock(t *testing.T) {
	c := startDemo(t)
	struck, other := dialNode(t, c, 0), dialNode(t, c, 1)
	clocks := c.(cluster.Clocks)
	for _, want := range []time.Duration{0, time.Hour, -time.Hour, 0} {
		if err := clocks.SetClocks(t.Context(), map[string]cluster.Skew{"n1": {Offset: want}}); err != nil {
			t.Fatal(err)
		}
		if got := struck.ahead(t); (got - want).Abs() > time.Minute {
			t.Errorf("n1 is %v ahead, want %v", got, want)
		}
		if got := other.ahead(t); got.Abs() > time.Minute {
			t.Errorf("n2 is %v ahead", got)
		}
	}
}

// line is a single connection to a node of the demo.
type line struct {
	net.Conn
	answers *bufio.Reader
}

func dialNode(t *testing.T, c cluster.Cluster, i int) line {
	t.Helper()
	conn, err := net.Dial("tcp", c.Nodes()[i].Addr("client"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return line{conn, bufio.NewReader(conn)}
}

// ahead is by how much the node's time is ahead of this machine's, as it says itself.
func (l line) ahead(t *testing.T) time.Duration {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://node/request", strings.NewReader(`{"f":"status"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Write(l); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(l.answers, q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var status struct{ Clock int64 }
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
		t.Fatal(err)
	}
	return time.Until(time.Unix(0, status.Clock))
}
