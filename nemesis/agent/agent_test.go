//go:build linux

package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

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
			Drop:    []netip.Addr{broadcast},
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
		if reason == "" || (mechanism != protocol.Drop && mechanism != protocol.Corrupt) {
			t.Errorf("mechanism %q is missing: %q", mechanism, reason)
		}
	}
}

func TestPlacesLieWithinThePackets(t *testing.T) {
	for i, place := range places {
		if place%2 != 0 {
			t.Errorf("place %d is odd: the checksum would be wrong", place)
		}
		if i > 0 && place >= places[i-1] {
			t.Errorf("place %d is not nearer than %d", place, places[i-1])
		}
	}
	// The last place has no check of its own.
	if end := lengthIPv4 + lengthTCP + places[len(places)-1] + uint32(len(flip)); end > shortestNoisy {
		t.Errorf("the nearest place ends at %d, beyond a packet of %d bytes", end, shortestNoisy)
	}
}
