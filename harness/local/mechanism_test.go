package local

import "testing"

func TestMechanismsAreOfWhatCanBeDone(t *testing.T) {
	explained := Mechanisms()
	for what, why := range (&processes{}).Capabilities() {
		if how := explained[what].About; (why == nil) != (how != "") {
			t.Errorf("%s: done by %q, and not done because: %v", what, how, why)
		}
	}
}
