package catalogue

// outlived are pauses that last longer than a lock's time to live, and holders who hold
// it for longer still.
const outlived = "--set ttl=2 --set long-hold=8s --set long-share=60 --nemesis pause --hold 6s --quiet 2s --time 60s"

// transactions are experiments with workloads of transactions, and with etcd's other
// data types: levels that are not kept, levels that are, and each workload on systems
// that are right.
func transactions() []Row {
	rows := []Row{
		{ID: "demo-append-snapshot", Invalid: true, Findings: []string{"G2-item"},
			About:  "snapshot isolation where serializability is expected: write skews among transactions on lists",
			Args:   words("demo --set bug=snapshot-transactions --workload append --nemesis none --time 30s"),
			Source: "PostgreSQL up to 12.3 (Jepsen 2020)"},
		{ID: "demo-append-snapshot-expected", About: "the same system where snapshot isolation is expected, which it keeps",
			Args: words("demo --set bug=snapshot-transactions --set expect=snapshot-isolation --workload append --nemesis none --time 30s")},
		{ID: "demo-wr-fractured", Invalid: true,
			About:  "the operations of a transaction on registers are replicated one by one",
			Args:   words("demo --set bug=fractured-transactions --workload wr --nemesis none --time 30s"),
			Source: "logged batches of Cassandra over several partitions, by design (its manual, BATCH)"},
		{ID: "demo-bank-read-committed", Invalid: true, Findings: []string{"wrong-total"},
			About:  "transfers overwrite each other",
			Args:   words("demo --set bug=read-committed-transactions --workload bank --nemesis none --time 30s"),
			Source: "TiDB 2.1.7 with the retries that were its default (Jepsen 2019)"},
		{ID: "demo-monotonic-follower-reads", Invalid: true, Findings: []string{"went-back"},
			About:  "every node answers reads from its own state, so that counters go back",
			Args:   words("demo --set bug=follower-reads --workload monotonic --nemesis partition --time 30s"),
			Source: "ZooKeeper, and etcd with serializable reads, by design"},
		{ID: "etcd-lock-outlived", Invalid: true, Findings: []string{"double-hold"},
			About:  "a holder whose member is paused for longer than its lock's time to live does not know that it has lost it",
			Args:   words("etcd --workload lock " + outlived),
			Source: "etcd 3.4.3 (Jepsen 2020); etcd's manual, Notes on the usage of lock and lease"},
		{ID: "etcd-lock-tokens", About: "the same locks where only their fencing tokens, which are revisions, are expected to grow",
			Args:   words("etcd --workload lock --set expect=tokens " + outlived),
			Source: "etcd's manual, Notes on the usage of lock and lease"},
		{ID: "etcd-append-serializable", Invalid: true,
			About:  "transactions of etcd that only read, with serializable reads",
			Args:   words("etcd --set reads=serializable --workload append --nemesis partition --time 60s"),
			Source: "etcd's manual, KV API guarantees"},
	}
	for _, workload := range []string{"append", "wr", "bank", "long-fork", "write-skew", "monotonic"} {
		rows = append(rows, Row{
			ID: "demo-" + workload, About: "the demo without a bug: " + workload + " under all faults",
			Args: words("demo --workload " + workload + " --nemesis partition,kill,pause,corrupt --time 30s"),
		})
	}
	for _, workload := range []string{"append", "wr", "bank", "lock", "lease", "watch"} {
		rows = append(rows, Row{
			ID: "etcd-" + workload, About: "etcd: " + workload + " while it loses nodes and links",
			Args: words("etcd --workload " + workload + " --nemesis partition,kill,pause --time 60s"), Source: "etcd's manual, API guarantees",
		})
	}
	return rows
}
