package demo

import (
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

var (
	_ cluster.Claimer = Target{}
	_ cluster.Trader  = Target{}
	_ cluster.Paced   = Target{}
)

// Claims implements cluster.Claimer: everything that goes through the log of a Raft is
// linearizable, whatever nodes and links between them do. Messages carry checksums, so
// that damaged ones are as good as lost.
func (Target) Claims() []cluster.Claim {
	const page = "harness/protocols/raft"
	all := []cluster.Claim{
		{Workload: "register", Promise: "linearizable"},
		{Workload: "queue", Promise: "exactly once, first in first out"},
		{Workload: "set", Promise: "linearizable, nothing acknowledged is lost"},
		{Workload: "append", Promise: "strict serializable (transactions on lists)"},
		{Workload: "wr", Promise: "strict serializable (transactions on registers)"},
		{Workload: "write-skew", Promise: "strict serializable (no two transactions overwrite what the other one read)"},
		{Workload: "long-fork", Promise: "strict serializable (all see writes in one order)"},
		{Workload: "bank", Promise: "totals stay the same under transfers"},
		{Workload: "monotonic", Promise: "counters never go back"},
		{Workload: "messages", Promise: "at least once, never again once acknowledged"},
		{Workload: "log", Promise: "no record is lost, moved or passed over"},
		{Workload: "ledger", Promise: "each order is charged exactly once, however often it is tried"},
		{Workload: "lock", Promise: "one holder at a time, growing fencing tokens"},
		{Workload: "lease", Promise: "one holder at a time until the lease is over"},
		{Workload: "unique-ids", Promise: "no identifier is given out twice"},
		{Workload: "counter", Promise: "linearizable"},
		{Workload: "watch", Promise: "every change is told once and in order, also after a reconnect"},
		{Workload: "leader", Promise: "one leader a term"},
		{Workload: "consensus", Promise: "agreement, validity, integrity"},
	}
	for i := range all {
		all[i].Page = page
	}
	all[0].Under = []string{"corrupt"}
	return all
}

// Trades implements cluster.Trader.
func (Target) Trades() []cluster.Trade {
	return []cluster.Trade{{Setting: readsSetting, For: cluster.Consistency, Values: []string{linearizableReads, localReads}}}
}

// Failover implements cluster.Paced: elections begin after 150 to 300 ms without a leader.
func (Target) Failover() time.Duration { return 400 * time.Millisecond }
