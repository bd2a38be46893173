package workloads

import (
	"fmt"

	"github.com/assaykit/assay/harness/history"
)

// finalOf names the source of chance of a worker's final phase.
func finalOf(workload string, worker int) string {
	return fmt.Sprintf("%s, final phase of worker %d", workload, worker)
}

// lastKeys are the n keys that clients used last, the latest first.
func lastKeys(h *history.History, n int) []string {
	var keys []string
	seen := map[string]bool{}
	for i := len(h.Ops) - 1; i >= 0 && len(keys) < n; i-- {
		op := &h.Ops[i]
		if op.Type != history.Invoke || op.Process == history.Nemesis || seen[op.Key] {
			continue
		}
		seen[op.Key] = true
		keys = append(keys, op.Key)
	}
	return keys
}

// countOf is how often clients invoked f on the key.
func countOf(h *history.History, f, key string) int {
	n := 0
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Type == history.Invoke && op.Process != history.Nemesis && op.F == f && op.Key == key {
			n++
		}
	}
	return n
}
