package catalogue

// objects are experiments with what is not registers, queues and sets: bugs of the
// demo that other workloads were made to show, seen by these, and each workload on
// the demo without a bug.
func objects() []Row {
	rows := []Row{
		{ID: "demo-messages-early-ack", Invalid: true, Findings: []string{"lost", "redelivered-after-ack"},
			About:  "a leader acknowledges messages, and their acknowledgements, that are in its own log only",
			Args:   words("demo --set bug=early-ack --workload messages --nemesis partition:leader --time 30s"),
			Source: "Kafka with acks=1, by design"},
		{ID: "demo-log-no-majority", Invalid: true, Findings: []string{"inconsistent-offsets", "lost"},
			About:  "a leader that is cut off goes on appending, and others do the same at the same offsets",
			Args:   words("demo --set bug=no-majority --workload log --nemesis partition:leader --time 30s"),
			Source: "Kafka 0.8 with unclean leader election (Jepsen 2013)"},
		{ID: "demo-ledger-blind", Invalid: true, Findings: []string{"double-charge"},
			About:  "clients try an order again without a key that lets the system know it",
			Args:   words("demo --set idempotency=none --workload ledger --nemesis partition:one-way --time 30s --hold 1s --quiet 500ms"),
			Source: "every API without idempotency keys"},
		{ID: "demo-lock-in-memory", Invalid: true, Findings: []string{"double-hold"},
			About:  "only the leader knows who holds a lock",
			Args:   words("demo --set bug=lease-in-memory --workload lock --nemesis partition:leader,kill:leader --time 30s --hold 600ms --quiet 600ms --set long-share=40"),
			Source: "a lock in Redis with failover to a replica (Redis manual, Distributed Locks)"},
		{ID: "demo-counter-double-apply", Invalid: true, Findings: []string{"too-high"},
			About:  "an increment that was sent again is applied again",
			Args:   words("demo --set bug=double-apply --workload counter --nemesis partition:one-way --time 30s --hold 600ms --quiet 400ms"),
			Source: "counters of Cassandra, where a retry after a time-out may count twice (its manual, Counters)"},
		{ID: "demo-leader-forget-vote", Invalid: true, Findings: []string{"two-leaders-in-a-term"},
			About:  "restarted nodes vote again in a term that has had a leader",
			Args:   words("demo --set bug=forget-vote --workload leader --nemesis kill:all --time 30s"),
			Source: "Zeebe voted twice in a term (camunda issue 5356)"},
		{ID: "demo-consensus-no-majority", Invalid: true, Findings: []string{"disagreement"},
			About:  "a leader that is cut off decides alone",
			Args:   words("demo --set bug=no-majority --workload consensus --nemesis partition:leader --time 30s"),
			Source: "Elasticsearch before 7 with too few minimum_master_nodes (Jepsen 2014)"},
		{ID: "demo-session-follower-reads", Invalid: true, Findings: []string{"not-read-your-writes", "not-monotonic-reads"},
			About:  "every node answers reads from its own state, so that clients do not read their own writes",
			Args:   words("demo --set bug=follower-reads --workload session --nemesis partition --time 30s"),
			Source: "MongoDB with secondary reads outside of a causal session, by design"},
	}
	for _, workload := range []string{"messages", "log", "ledger", "lock", "lease", "unique-ids", "counter", "watch", "leader", "consensus", "session"} {
		rows = append(rows, Row{
			ID: "demo-" + workload, About: "the demo without a bug: " + workload + " under all faults",
			Args: words("demo --workload " + workload + " --nemesis partition,kill,pause,corrupt --time 30s"),
		})
	}
	return rows
}
