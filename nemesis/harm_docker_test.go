package nemesis_test

import (
	"testing"
	"time"
)

// Every harm to processes is seen on real nodes and gone thereafter.
func TestProcessFaultsOnARealCluster(t *testing.T) {
	c := startDemo(t)
	names := []string{"n2", "n1", "n3"}
	for _, text := range []string{
		"process:stop", "process:crash-loop(200ms)@n1,n3", "process:rolling", "process:cpu(5%)", "process:cpu@all",
		"process:memory@all", "process:memory(64MiB)", "process:out-of-memory", "kill:n1,n3",
	} {
		t.Run(text, func(t *testing.T) {
			h := strike(t, c, names, text)
			for _, span := range h.FaultSpans() {
				t.Logf("%s %s: in effect after %s", span.Fault.Name, span.Fault.Detail, (span.Injected - span.Start).Round(time.Millisecond))
				if !span.Verified || !span.Healed {
					t.Errorf("%+v", span)
				}
			}
			for _, op := range h.Ops {
				if text, ok := op.Value.Text(); ok {
					t.Logf("%s %v: %s", op.F, op.Type, text)
				}
			}
			if len(h.FaultSpans()) != 1 {
				t.Errorf("%d faults", len(h.FaultSpans()))
			}
		})
	}
}
