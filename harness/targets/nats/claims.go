package nats

import (
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

var (
	_ cluster.Claimer = Target{}
	_ cluster.Paced   = Target{}
)

// Claims implements cluster.Claimer. Nowhere is it said that reads are linearizable, not
// even those that the leader answers, and of direct reads it is said that they may not
// see what the reader wrote.
func (Target) Claims() []cluster.Claim {
	const (
		buckets = "https://docs.nats.io/nats-concepts/jetstream/key-value-store"
		streams = "https://docs.nats.io/nats-concepts/jetstream"
	)
	power := []string{"disk"} // what is acknowledged is synced within two minutes
	kept := map[string]string{"promise": "eventual"}
	direct, monotonic := map[string]string{"reads": "direct"}, map[string]string{"expect": "monotonic"}
	return []cluster.Claim{
		{Workload: "session", Promise: "monotonic reads, monotonic writes, unless a majority loses power at once", Page: buckets,
			Check: monotonic, Except: power},
		{Workload: "session", Promise: "monotonic reads, monotonic writes, unless a majority loses power at once", Page: buckets,
			Settings: direct, Check: monotonic, Except: power},
		{Workload: "set", Promise: "no acknowledged message is lost, unless a majority of its servers loses power at once", Page: streams,
			Check: kept, Except: power},
		{Workload: "set", Promise: "no acknowledged message is lost", Page: streams, Check: kept, Settings: map[string]string{"sync": "always"}},
		{Workload: "messages", Promise: "at least once, unless a majority of its servers loses power at once", Page: streams, Except: power},
		{Workload: "messages", Promise: "at least once", Page: streams, Settings: map[string]string{"sync": "always"}},
	}
}

// Failover implements cluster.Paced: elections begin after four to nine seconds without a
// leader (minElectionTimeout and maxElectionTimeout in raft.go of nats-server 2.12.1).
func (Target) Failover() time.Duration { return 6500 * time.Millisecond }
