//go:build linux

package nemesis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/nemesis"
)

// Agents that may do nothing but make rules inject all faults of the network but one,
// and these are seen in effect and gone as with others, also around a restart.
func TestNetworkOnlyFaultsOnARealCluster(t *testing.T) {
	c := startDemoBy(t, (*docker.Engine).StartNetworkOnly, cluster.Options{})
	names := []string{"n2", "n1", "n3"}
	for _, texts := range [][]string{
		{"partition:one"}, {"partition:ring"}, {"partition:n1>n2,n3"}, {"partition:reject"}, {"partition:new-connections"},
		{"partition:clients@all"}, {"partition:one(reject,100ms)"}, {"packets:delay"}, {"packets:jitter@from-one"}, {"packets:loss@all"},
		{"packets:reorder"}, {"packets:corrupt"}, {"packets:bandwidth"}, {"packets:lan"}, {"packets:satellite"},
		{"tamper:alice=>mally"}, {"corrupt:all"}, {"process:stop"}, {"process:cpu"}, {"process:out-of-memory"},
		{"partition:one", "kill:one"},
	} {
		t.Run(strings.Join(texts, ","), func(t *testing.T) {
			h := strike(t, c, names, texts...)
			for _, span := range h.FaultSpans() {
				t.Logf("%s %s: in effect after %s", span.Fault.Name, span.Fault.Detail, (span.Injected - span.Start).Round(time.Millisecond))
				if !span.Verified || !span.Healed {
					t.Errorf("%+v", span)
				}
			}
			if len(h.FaultSpans()) != len(texts) {
				t.Errorf("%d faults", len(h.FaultSpans()))
			}
			if got, want := reapplied(h), len(texts) > 1; got != want {
				t.Errorf("was seen to hold after a restart: %v, want %v", got, want)
			}
		})
	}
}

// What everything comes to leaves out what these agents cannot do, and who asks for that
// learns why not.
func TestNetworkOnlyIsEverythingButWhatItCannotBe(t *testing.T) {
	c := startDemoBy(t, (*docker.Engine).StartNetworkOnly, cluster.Options{})
	everything := nemesis.Spec{Everything: true}.Fit(c.Capabilities()).String()
	for _, want := range []string{"partition", "kill", "pause", "process", "packets:"} {
		if !strings.Contains(everything, want) {
			t.Errorf("%s is not among %s", want, everything)
		}
	}
	for _, not := range []string{"clock", "disk", "duplicate"} {
		if strings.Contains(everything, not) {
			t.Errorf("%s is among %s", not, everything)
		}
	}
	for text, want := range map[string]string{"clock": "SYS_PTRACE", "disk": "SYS_ADMIN", "packets:duplicate": "NET_RAW"} {
		spec, err := nemesis.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := spec.Supports(c.Capabilities()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// Faults end with their agents, and the history does not claim otherwise.
func TestNetworkOnlyFaultsEndThoughAgentsAreKilled(t *testing.T) {
	c := startDemoBy(t, (*docker.Engine).StartNetworkOnly, cluster.Options{})
	writeAllTheTime(t, c)
	for _, text := range []string{"partition:one", "packets:delay", "corrupt:one"} {
		t.Run(text, func(t *testing.T) { killUnder(t, c, text) })
	}
	h := strike(t, c, []string{"n1", "n2", "n3"}, "partition:one")
	for _, span := range h.FaultSpans() {
		if !span.Verified || !span.Healed || span.Injected == history.Never {
			t.Errorf("after all agents were killed: %+v", span)
		}
	}
}
