package workloads

import (
	"fmt"
	"strings"
)

// All are the workloads that there are, in the order in which people are shown
// them.
func All() []Workload {
	return []Workload{
		NewRegister(), NewQueue(), NewSet(),
		NewAppend(), NewWR(), NewBank(), NewLongFork(), NewWriteSkew(), NewMonotonic(),
		NewMessages(), NewLog(), NewLedger(), NewLock(), NewLease(), NewIdentifiers(), NewCounter(),
		NewWatch(), NewLeader(), NewConsensus(), NewSession(), NewEcho(),
	}
}

// Find returns the workload of that name.
func Find(name string) (Workload, error) {
	var names []string
	for _, w := range All() {
		if w.Name() == name {
			return w, nil
		}
		names = append(names, w.Name())
	}
	return nil, fmt.Errorf("no workload %q: there are %s", name, strings.Join(names, ", "))
}
