package raft

// Bug is a deliberate mistake. The zero Bug is none.
type Bug string

const (
	StaleReads         Bug = "stale-reads"
	FollowerReads      Bug = "follower-reads"
	EarlyAck           Bug = "early-ack"
	NoFsync            Bug = "no-fsync"
	ForgetVote         Bug = "forget-vote"
	CommitPreviousTerm Bug = "commit-previous-term"
	NoMajority         Bug = "no-majority"
	DoubleApply        Bug = "double-apply"
	LostDequeue        Bug = "lost-dequeue"
	Redeliver          Bug = "redeliver"
	LeaseByWallClock   Bug = "lease-by-wall-clock"
	NoChecksum         Bug = "no-checksum"

	ReadCommittedTransactions Bug = "read-committed-transactions"
	SnapshotTransactions      Bug = "snapshot-transactions"
	FracturedTransactions     Bug = "fractured-transactions"
	ParallelSnapshots         Bug = "parallel-snapshots"

	LockExpires         Bug = "lock-expires"
	LeaseInMemory       Bug = "lease-in-memory"
	IdentifiersInMemory Bug = "identifiers-in-memory"
	WatchWindow         Bug = "watch-window"
	ShortMemory         Bug = "short-memory"
	AckOnTake           Bug = "ack-on-take"
)

// Mistake tells of a Bug: what is wrong, who else got it wrong, and how to see
// it.
type Mistake struct {
	Bug   Bug
	About string
	// Seen names systems that made this mistake or chose this behaviour, and
	// where that is written.
	Seen string
	// Workload, Nemesis and Options (of the command line) reveal it in half a
	// minute, unless the options say how long it takes.
	Workload, Nemesis, Options string
}

// Mistakes are all bugs, in the order in which one may want to try them.
// NoFsync and NoChecksum are mistakes of the process around the actor.
func Mistakes() []Mistake {
	return []Mistake{
		{
			Bug:      StaleReads,
			About:    "a leader answers reads from its own state without asking a majority, and never steps down by itself",
			Seen:     "Consul in default mode (hashicorp/consul issue 54), etcd 0.4 (Jepsen 2014)",
			Workload: "register", Nemesis: "partition:leader",
		},
		{
			Bug:      FollowerReads,
			About:    "every node answers reads from its own state, however old",
			Seen:     "ZooKeeper, and etcd with serializable reads, by design",
			Workload: "register", Nemesis: "partition",
		},
		{
			Bug:      EarlyAck,
			About:    "a leader acknowledges a write that is in its own log only",
			Seen:     "MongoDB with write concern 1, Redis replication, Kafka with acks=1, by design",
			Workload: "set", Nemesis: "partition:leader",
		},
		{
			Bug:      NoFsync,
			About:    "nodes acknowledge what they keep in memory and write to disk about once a second",
			Seen:     "NATS JetStream 2.12.1 with its default sync interval (Jepsen 2025)",
			Workload: "register", Nemesis: "kill:all",
		},
		{
			Bug:      ForgetVote,
			About:    "term and vote are in memory only, so that a restarted node votes again in a term it has voted in",
			Seen:     "Zeebe voted twice in a term (camunda issue 5356)",
			Workload: "queue", Nemesis: "kill:all", Options: "--runtime local --hold 50ms --quiet 600ms --rate 400",
		},
		{
			Bug:      CommitPreviousTerm,
			About:    "entries of earlier terms are committed by counting replicas (figure 8 of the Raft paper), and a new leader waits for a while instead of writing an entry of its own",
			Seen:     "LogCabin (issue 44), goraft (pull request 27), canonical/raft (issue 220)",
			Workload: "register", Nemesis: "partition:leader", Options: "--hold 400ms --quiet 0s --rate 60 --set read-share=70",
		},
		{
			Bug:      NoMajority,
			About:    "a leader commits alone and goes on when it is cut off",
			Seen:     "Elasticsearch before 7 with too few minimum_master_nodes (Jepsen 2014)",
			Workload: "register", Nemesis: "partition:leader",
		},
		{
			Bug:      DoubleApply,
			About:    "a request that was sent again, because its answer got lost, is applied again",
			Seen:     "jetcd 0.8.2 (Jepsen 2024)",
			Workload: "queue", Nemesis: "partition:one-way", Options: "--hold 600ms --quiet 400ms",
		},
		{
			Bug:      LostDequeue,
			About:    "a receive that was sent again is known to be done, but its answer is not remembered: the client is told that the queue is empty",
			Seen:     "queues that count a message as consumed when it is sent, such as RabbitMQ with automatic acknowledgement",
			Workload: "queue", Nemesis: "partition:one-way", Options: "--hold 400ms --quiet 400ms",
		},
		{
			Bug:      Redeliver,
			About:    "what was received is removed from the replicated state half a second later, so that the next leader hands it out again",
			Seen:     "Apache Pulsar, which persists cursors now and then (pull request 393), and Kafka with automatic offset commits",
			Workload: "queue", Nemesis: "partition:leader",
		},
		{
			Bug:      LeaseByWallClock,
			About:    "a leader reads under a lease that it counts from the arrival of its followers' messages, by a clock that jumps",
			Seen:     "SOFAJRaft before 1.2.5 (pull request 26)",
			Workload: "register", Nemesis: "pause:leader", Options: "--hold 450ms --quiet 200ms --rate 60 --concurrency 30",
		},
		{
			Bug:      NoChecksum,
			About:    "messages between nodes carry no checksum of their own",
			Seen:     "Amazon S3 on 20 July 2008, brought down by single flipped bits in its gossip",
			Workload: "register", Nemesis: "corrupt:all", Options: "--hold 4s --quiet 500ms --time 90s",
		},
		{
			Bug:      ReadCommittedTransactions,
			About:    "a transaction reads and computes before it is replicated, and then writes whatever has been written meanwhile",
			Seen:     "TiDB 2.1.7 with the retries that were its default (Jepsen 2019)",
			Workload: "append", Nemesis: "none",
		},
		{
			Bug:      SnapshotTransactions,
			About:    "a transaction reads from a snapshot, and only keys that it writes are looked at for conflicts: snapshot isolation in place of serializability",
			Seen:     "Oracle's SERIALIZABLE by design, PostgreSQL up to 12.3 in some transactions with inserts (Jepsen 2020)",
			Workload: "write-skew", Nemesis: "none",
		},
		{
			Bug:      FracturedTransactions,
			About:    "the operations of a transaction are replicated one by one, so that others see a part of them",
			Seen:     "logged batches of Cassandra over several partitions, by design (its manual, BATCH)",
			Workload: "bank", Nemesis: "none",
		},
		{
			Bug:      ParallelSnapshots,
			About:    "a node lets its clients read what they write before it is replicated, and what others write after that: snapshots grow in different orders",
			Seen:     "Amazon RDS for PostgreSQL 17.4 on several nodes (Jepsen 2025); Walter, by design",
			Workload: "long-fork", Nemesis: "none", Options: "--set expect=snapshot-isolation --rate 500",
		},
		{
			Bug:      LockExpires,
			About:    "a lock is free again after a second, without its holder being told",
			Seen:     "locks in Redis with an expiry (Kleppmann, How to do distributed locking, 2016), etcd 3.4's locks (Jepsen 2020), by design",
			Workload: "lock", Nemesis: "none",
		},
		{
			Bug:      LeaseInMemory,
			About:    "only the leader knows who holds a lock or a lease, so that the next leader gives it to somebody else",
			Seen:     "a lock in Redis with failover to a replica (Redis manual, Distributed Locks)",
			Workload: "lease", Nemesis: "partition:leader,kill:leader", Options: "--hold 600ms --quiet 600ms",
		},
		{
			Bug:      IdentifiersInMemory,
			About:    "a leader counts identifiers in memory and replicates half a second later how far it is, so that the next leader gives the last ones out again",
			Seen:     "MySQL before 8.0, whose AUTO_INCREMENT went back at a restart (bug 199)",
			Workload: "unique-ids", Nemesis: "kill:leader",
		},
		{
			Bug:      WatchWindow,
			About:    "a node keeps the last 8 changes for watchers, and tells nobody who asks for more that some are missing",
			Seen:     "ZooKeeper, where changes between a watch's event and the next watch are missed, by design (its Programmer's Guide)",
			Workload: "watch", Nemesis: "partition",
		},
		{
			Bug:      ShortMemory,
			About:    "a ledger knows the last 8 orders only, and charges an older one that is tried again",
			Seen:     "Amazon SQS, which forgets a message's deduplication identifier after five minutes, by design",
			Workload: "ledger", Nemesis: "partition:one-way", Options: "--hold 1s --quiet 500ms",
		},
		{
			Bug:      AckOnTake,
			About:    "a message counts as acknowledged once it was handed out, so that a consumer that crashes takes it along",
			Seen:     "RabbitMQ's consumers with automatic acknowledgement, Redis lists with LPOP, by design",
			Workload: "messages", Nemesis: "none",
		},
	}
}
