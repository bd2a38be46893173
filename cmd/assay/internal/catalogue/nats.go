package catalogue

func nats() []Row {
	const (
		killed = "nats --workload set --nemesis kill:all --time 30s --set version="
		power  = "nats --workload set --nemesis disk:power --time 30s --set version="
	)
	return []Row{
		{ID: "nats-2.10.22-kill", Invalid: true, Findings: []string{"lost"},
			About:  "NATS JetStream 2.10.22, which forgets a stream that was just made when all its servers are killed",
			Args:   words(killed + "2.10.22"),
			Source: "nats-server issue 6888, pull request 5946"},
		// On a busy machine 2.10.24 and 2.10.29 start now and then with a server that the
		// cluster's leader never counts as one of its own.
		{ID: "nats-2.12.1-kill", About: "NATS JetStream 2.12.1, in which that is put right",
			Args:   words(killed + "2.12.1 --hold 300ms --quiet 8s --set promise=eventual"),
			Source: "nats-server pull request 5946"},
		{ID: "nats-power", Invalid: true, Findings: []string{"lost"},
			About:  "NATS JetStream 2.12.1, which syncs every two minutes, while the power of all servers fails",
			Args:   words(power + "2.12.1"),
			Source: "Jepsen, NATS 2.12.1 (2025)"},
		{ID: "nats-power-newest", Invalid: true, Findings: []string{"lost"},
			About:  "NATS JetStream 2.15.2, which does so still",
			Args:   words(power + "2.15.2"),
			Source: "nats-server issue 7564"},
		{ID: "nats-power-sync", About: "NATS JetStream 2.12.1 that syncs before it acknowledges",
			Args:   words(power + "2.12.1 --set sync=always --set promise=eventual --hold 300ms --quiet 8s"),
			Source: "NATS's manual, sync_interval"},
		{ID: "nats-direct", Invalid: true, Findings: []string{"stale-read"},
			About:  "NATS key-value buckets with direct reads, which any replica answers from what it has",
			Args:   words("nats --workload register --nemesis partition --time 30s --set reads=direct"),
			Source: "NATS's manual, key/value store"},
		{ID: "nats-leader", Invalid: true, Findings: []string{"stale-read"},
			About:  "NATS key-value buckets read at the leader, which does not ask whether it still leads",
			Args:   words("nats --workload register --nemesis partition:leader --hold 10s --quiet 4s --time 120s"),
			Source: "NATS's manual, key/value store, which promises monotonic reads only"},
		{ID: "nats-messages", About: "NATS work queues: messages while servers are killed and cut off",
			Args:   words("nats --workload messages --nemesis kill,partition --time 30s"),
			Source: "NATS's manual, JetStream: at least once"},
		{ID: "nats-log", About: "NATS streams as logs while servers are killed and cut off",
			Args:   words("nats --workload log --nemesis kill,partition --time 30s"),
			Source: "NATS's manual, JetStream"},
	}
}
