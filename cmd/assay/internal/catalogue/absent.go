package catalogue

// Absent is a published finding that no row shows, and why.
type Absent struct {
	Finding, Source, Why string
}

// Missing are findings that a reader of the catalogue may look for.
func Missing() []Absent {
	const noTarget = "there is no target for it, and neither Debian nor the Go module proxy has the system"
	return []Absent{
		{"NATS JetStream 2.12.1 loses messages, or a whole stream, when bits of its files flip", "Jepsen, NATS 2.12.1 (2025)",
			"not seen in eight tries by hand on 2.12.1 and 2.15.2; disk:flip damages files of any target, so it can be tried"},
		{"Redis-Raft loses updates and splits its brain when members leave", "Jepsen, Redis-Raft (2020)",
			"a module for Redis of which only development versions had the faults; no package has it"},
		{"PostgreSQL 12.3 at serializable shows write skew", "Jepsen, PostgreSQL 12.3 (2020)",
			"put right in all versions that Debian packages; postgres-serializable is the control"},
		{"Amazon RDS for PostgreSQL shows long forks between its endpoints", "Jepsen, Amazon RDS for PostgreSQL (2025)",
			"a hosted service"},
		{"MySQL 8.0.34 at repeatable read loses updates and reads what is not repeatable", "Jepsen, MySQL 8.0.34 (2023)",
			"Debian has MariaDB in its place, which does the same: mariadb-repeatable-read"},
		{"MariaDB Galera 12 loses committed transactions when all nodes are killed", "Jepsen, MariaDB Galera Cluster (2026)",
			"Debian's version is 10.11, whose clusters need help by hand after that; galera-serializable and galera-stale show the rest"},
		{"etcd's Java client executes transactions twice", "Jepsen, jetcd (2022)",
			"a fault of the client, which tried again by itself; targets here speak Go and try once"},
		{"Kafka, Redpanda and Bufstream lose, repeat or tear apart records", "Jepsen (2013, 2022, 2024)", noTarget},
		{"TigerBeetle forgets results of queries and crashes", "Jepsen, TigerBeetle 0.16.11 (2025)", noTarget},
		{"MongoDB, CockroachDB, TiDB, YugabyteDB, FaunaDB, Dgraph and others", "Jepsen (2013 to 2024)", noTarget},
	}
}
