package catalogue

func redis() []Row {
	const (
		replication = "Redis's manual, replication: acknowledged writes may be lost"
		scaling     = "Redis's manual, scale with Redis Cluster: it does not guarantee strong consistency"
		sharded     = "redis --set mode=cluster --workload set --time 30s"
		single      = "redis --nodes 1 --set mode=single --workload set --nemesis disk:power --time 30s"
	)
	return []Row{
		{ID: "redis-partition", Invalid: true, Findings: []string{"lost"},
			About:  "Redis under Sentinel: a master that was cut off goes on, and is made a replica of the next one",
			Args:   words("redis --workload set --nemesis partition:leader --time 30s"),
			Source: replication},
		{ID: "redis-kill", Invalid: true, Findings: []string{"lost"},
			About:  "Redis under Sentinel: a killed master comes back as a master, until it is made a replica of the next one",
			Args:   words("redis --workload set --nemesis kill:leader --hold 12s --quiet 6s --time 90s"),
			Source: replication},
		{ID: "redis-replica-reads", Invalid: true, Findings: []string{"stale-read"},
			About:  "reads of Redis's replicas",
			Args:   words("redis --workload register --set reads=replica --nemesis partition --time 30s"),
			Source: replication},
		{ID: "redis-lock", Invalid: true, Findings: []string{"double-hold"},
			About:  "a lock in Redis under Sentinel, which two masters give to two clients",
			Args:   words("redis --workload lock --nemesis partition:leader --hold 6s --time 30s"),
			Source: "Redis's manual, distributed locks: why failover-based implementations are not enough"},
		{ID: "redis-append", Invalid: true,
			About:  "transactions in Redis under Sentinel, on two masters at a time",
			Args:   words("redis --workload append --nemesis partition:leader --time 30s"),
			Source: replication},
		{ID: "redis-everysec", Invalid: true, Findings: []string{"lost"},
			About:  "a single Redis that syncs once a second, its default, while its power fails",
			Args:   words(single),
			Source: "Redis's manual, persistence"},
		{ID: "redis-always", About: "a single Redis that syncs before it answers, while its power fails",
			Args:   words(single + " --set appendfsync=always"),
			Source: "Redis's manual, persistence"},
		{ID: "redis-cluster-partition", Invalid: true, Findings: []string{"lost"},
			About:  "Redis Cluster: a master that was cut off goes on for two seconds, and is made a replica of its own",
			Args:   words(sharded + " --nodes 6 --nemesis partition:leader --hold 6s"),
			Source: scaling},
		{ID: "redis-cluster", About: "Redis Cluster without a fault: keys on three masters, with a replica each",
			Args: words(sharded + " --nodes 6 --nemesis none")},
		{ID: "redis-cluster-masters", About: "Redis Cluster without replicas, which nobody takes over from: a master that was cut off is waited for",
			Args: words(sharded + " --nemesis partition:leader --hold 6s")},
	}
}
