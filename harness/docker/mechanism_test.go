package docker

import (
	"slices"
	"testing"
)

// Everything that can be done is explained, and what it needs is what the agent gets:
// nothing that no fault needs, nothing that is missing.
func TestMechanismsNeedWhatTheAgentHas(t *testing.T) {
	explained := Mechanisms()
	for what := range withoutAgent(nil) {
		if explained[what].About == "" {
			t.Errorf("%s: by which mechanism?", what)
		}
	}
	_, host := agentConfig("image", map[string]string{})
	agentForDisks(host)
	granted := append(slices.Clone(host.CapAdd), host.Devices[0].PathOnHost)
	var needed []string
	for _, m := range explained {
		needed = append(needed, m.Needs...)
	}
	slices.Sort(granted)
	slices.Sort(needed)
	if needed = slices.Compact(needed); !slices.Equal(needed, granted) {
		t.Errorf("needed are %v, granted %v", needed, granted)
	}
}
