package etcd

import (
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

var (
	_ cluster.Claimer = Target{}
	_ cluster.Trader  = Target{}
	_ cluster.Paced   = Target{}
)

// Claims implements cluster.Claimer. Of locks only the fencing token is promised: that
// they alone "cannot guarantee mutual exclusion" is said there too.
func (Target) Claims() []cluster.Claim {
	const (
		guarantees = "https://etcd.io/docs/v3.5/learning/api_guarantees/"
		locks      = "https://etcd.io/docs/v3.5/learning/why/#notes-on-the-usage-of-lock-and-lease"
	)
	return []cluster.Claim{
		{Workload: "register", Promise: "linearizable: calls on keys occur in one order, consistent with real time", Page: guarantees + "#strict-serializability"},
		{Workload: "append", Promise: "strict serializable transactions", Page: guarantees + "#strict-serializability"},
		{Workload: "wr", Promise: "strict serializable transactions", Page: guarantees + "#strict-serializability"},
		{Workload: "bank", Promise: "strict serializable transactions: totals stay the same", Page: guarantees + "#strict-serializability"},
		{Workload: "set", Promise: "durable: nothing acknowledged is lost", Page: guarantees + "#durability"},
		{Workload: "watch", Promise: "ordered, unique, reliable, atomic, resumable", Page: guarantees + "#watch-apis"},
		{Workload: "lock", Promise: "revisions of holders grow, as fencing tokens", Page: locks, Check: map[string]string{"expect": "tokens"}},
	}
}

// Trades implements cluster.Trader.
func (Target) Trades() []cluster.Trade {
	return []cluster.Trade{
		{Setting: "reads", For: cluster.Consistency, Values: []string{"linearizable", "serializable"}},
		{Setting: "unsafe-no-fsync", For: cluster.Durability, Values: []string{"false", "true"}},
	}
}

// Failover implements cluster.Paced: elections begin after one to two seconds without a
// leader.
func (Target) Failover() time.Duration { return 1600 * time.Millisecond }
