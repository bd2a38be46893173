package nats

import "github.com/assaykit/assay/harness/cluster"

// Claims implements cluster.Claimer. Nowhere is it said that reads are linearizable, not
// even those that the leader answers, and of direct reads it is said that they may not
// see what the reader wrote.
func (Target) Claims() []cluster.Claim {
	const (
		buckets = "https://docs.nats.io/nats-concepts/jetstream/key-value-store"
		streams = "https://docs.nats.io/nats-concepts/jetstream"
	)
	kept := map[string]string{"promise": "eventual"}
	direct, monotonic := map[string]string{"reads": "direct"}, map[string]string{"expect": "monotonic"}
	return []cluster.Claim{
		{Workload: "session", Promise: "monotonic reads, monotonic writes", Page: buckets, Check: monotonic},
		{Workload: "session", Promise: "monotonic reads, monotonic writes", Page: buckets, Settings: direct, Check: monotonic},
		{Workload: "set", Promise: "no acknowledged message is lost, unless a majority of its servers loses power at once", Page: streams,
			Check: kept, Except: []string{"disk"}},
		{Workload: "set", Promise: "no acknowledged message is lost", Page: streams, Check: kept, Settings: map[string]string{"sync": "always"}},
		{Workload: "messages", Promise: "at least once", Page: streams},
	}
}
