//go:build linux

package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// TestMain stands in for the agent's program, which starts itself to tell the time.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == TellTime {
		if err := TellTimes(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The rules themselves are tested where there are containers, by harness/docker.

func TestRequestsAreAnsweredInOrder(t *testing.T) {
	var out bytes.Buffer
	in := strings.NewReader(`{"operation":"ping"}` + "\n" + `{"operation":"dance"}` + "\nnonsense\n" + `{"operation":"rules"}` + "\n")
	if err := Main(in, &out); err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(&out)
	for _, want := range []string{"", `unknown operation "dance"`, "not a request", ""} {
		var r protocol.Response
		if err := answers.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Error, want) || (want == "") != (r.Error == "") {
			t.Errorf("got error %q, want %q", r.Error, want)
		}
	}
	if err := answers.Decode(new(any)); err != io.EOF {
		t.Errorf("more answers than requests: %v", err)
	}
}

// A number that has passed to another process must not lead into its network.
func TestOtherPeoplesNamespacesAreNotTouched(t *testing.T) {
	broadcast := netip.MustParseAddr("255.255.255.255")
	for name, pid := range map[string]int{"of the host": os.Getpid(), "of nobody": 1 << 30} {
		node := protocol.Node{
			Name: "n1", Incarnation: "x", PID: pid,
			Address: broadcast, // which no interface has
			Rules:   []protocol.Rule{{From: broadcast, Cut: protocol.Drop}},
		}
		a := &agent{stations: map[string]*station{}}
		for _, operation := range []protocol.Operation{protocol.Rules, protocol.Reach} {
			r := a.answer(protocol.Request{Operation: operation, Nodes: []protocol.Node{node}})
			if r.Failed["n1"] == "" {
				t.Errorf("%s in a namespace %s: got no error", operation, name)
			}
		}
		if len(a.stations) > 0 {
			t.Errorf("the agent stands in a namespace %s", name)
		}
	}
}

// Whatever this machine permits, a mechanism that does not work has a reason.
func TestCheckGivesReasons(t *testing.T) {
	r := check()
	t.Logf("missing: %v", r.Missing)
	for mechanism, reason := range r.Missing {
		if reason == "" || !slices.Contains(mechanisms, mechanism) {
			t.Errorf("mechanism %q is missing: %q", mechanism, reason)
		}
	}
}

var mechanisms = []string{
	protocol.Drop, protocol.Reject, protocol.New, protocol.Clients, protocol.Delay, protocol.Loss, protocol.Duplicate,
	protocol.Reorder, protocol.Noise, protocol.Corrupt, protocol.Rate, protocol.Tamper, protocol.Clock,
}
