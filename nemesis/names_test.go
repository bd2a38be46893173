package nemesis

import "testing"

// TestNodesMayHaveNamesOfTheirOwn reads specifications of nodes that a user named.
func TestNodesMayHaveNamesOfTheirOwn(t *testing.T) {
	names := []string{"kv1", "kv2", "db-node-3"}
	for _, text := range []string{
		"kill:kv1", "kill:kv1,kv2", "pause:db-node-3,kill:kv1,kv2", "partition:kv1,kv2|db-node-3", "packets:delay(50ms)@kv1,kv2", "partition:kv1|kv2,kill",
	} {
		spec, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err := spec.CheckNodes(names); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := spec.CheckNodes([]string{"n1", "n2", "n3"}); err == nil {
			t.Errorf("%s was accepted for n1, n2, n3", text)
		}
	}
	for _, text := range []string{"kill:leader", "kill:", "kill:1", "kill:kv", "partition:kv1|kv"} {
		spec, err := Parse(text)
		if err == nil && text != "kill:leader" {
			t.Errorf("%s was taken for %v", text, spec)
		}
	}
}
