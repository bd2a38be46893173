package redis

import "github.com/assaykit/assay/harness/cluster"

// Claims implements cluster.Claimer. Of replication it is said that acknowledged writes
// may be lost, with WAIT too (redis.io, "Redis replication"), also of Redis Cluster, which
// "does not guarantee strong consistency" (redis.io, "Scale with Redis Cluster").
func (Target) Claims() []cluster.Claim {
	const (
		persistence  = "https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/"
		transactions = "https://redis.io/docs/latest/develop/interact/transactions/"
		locks        = "https://redis.io/docs/latest/develop/use/patterns/distributed-locks/"
	)
	durable := map[string]string{"mode": "single", "appendfsync": "always"}
	return []cluster.Claim{
		{Workload: "set", Promise: "no acknowledged write is lost", Page: persistence, Settings: durable,
			Check: map[string]string{"promise": "eventual"}},
		{Workload: "append", Promise: "serializable: transactions are isolated", Page: transactions, Settings: durable,
			Check: map[string]string{"expect": "serializable"}},
		{Workload: "wr", Promise: "serializable: transactions are isolated", Page: transactions, Settings: durable,
			Check: map[string]string{"expect": "serializable"}},
		{Workload: "lock", Promise: "one client holds a lock at a time, until it expires", Page: locks, Settings: durable,
			Except: []string{"clock"}}, // "Redis is not using monotonic clock for TTL expiration mechanism"
	}
}
