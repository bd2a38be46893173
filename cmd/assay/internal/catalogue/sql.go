package catalogue

// postgres tells PostgreSQL's isolation levels apart, and what it loses with the power or
// with its primary.
func postgres() []Row {
	const (
		levels   = "PostgreSQL's manual, transaction isolation"
		one      = "postgres --nodes 1 --nemesis none --time 20s --rate 1000"
		failover = "postgres --workload set --set failover=promote --nemesis partition:leader --hold 8s --quiet 6s --time 40s"
		power    = "postgres --workload set --nodes 1 --nemesis disk:power --time 30s"
	)
	return []Row{
		{ID: "postgres-read-committed", Invalid: true, Findings: []string{"lost-update", "G-single", "G-single-item", "G2-item"},
			About:  "PostgreSQL at read committed, its default: is it snapshot isolation?",
			Args:   words(one + " --workload append --set isolation=read-committed --set expect=snapshot-isolation"),
			Source: levels},
		{ID: "postgres-read-committed-kept", About: "PostgreSQL at read committed: is it read committed?",
			Args:   words(one + " --workload append --set isolation=read-committed --set expect=read-committed"),
			Source: levels},
		{ID: "postgres-repeatable-read", Invalid: true, Findings: []string{"G2-item"},
			About:  "PostgreSQL at repeatable read: is it serializable?",
			Args:   words(one + " --workload append --set isolation=repeatable-read --set expect=serializable"),
			Source: levels},
		{ID: "postgres-repeatable-read-kept", About: "PostgreSQL at repeatable read: is it snapshot isolation?",
			Args:   words(one + " --workload append --set isolation=repeatable-read --set expect=snapshot-isolation"),
			Source: levels},
		{ID: "postgres-write-skew", Invalid: true,
			About:  "PostgreSQL at repeatable read: write skew",
			Args:   words(one + " --workload write-skew --set isolation=repeatable-read"),
			Source: levels},
		{ID: "postgres-serializable", About: "PostgreSQL at serializable: is it strictly serializable?",
			Args:   words("postgres --nodes 1 --nemesis kill,pause --time 30s --workload append --set isolation=serializable"),
			Source: levels},
		{ID: "postgres-failover", Invalid: true, Findings: []string{"lost"},
			About:  "PostgreSQL with asynchronous replication and a failover manager, the primary cut off",
			Args:   words(failover),
			Source: "PostgreSQL's manual, log-shipping standby servers"},
		{ID: "postgres-standby", Invalid: true, Findings: []string{"stale-read"},
			About:  "PostgreSQL's standbys answer reads with what they have",
			Args:   words("postgres --nodes 2 --workload register --set reads=standby --nemesis none --time 20s"),
			Source: "PostgreSQL's manual, hot standby"},
		{ID: "postgres-power-off", Invalid: true, Findings: []string{"lost"},
			About:  "PostgreSQL with synchronous_commit=off, and the power fails",
			Args:   words(power + " --set synchronous-commit=off"),
			Source: "PostgreSQL's manual, asynchronous commit"},
		{ID: "postgres-power", About: "PostgreSQL, and the power fails",
			Args:   words(power),
			Source: "PostgreSQL's manual, reliability"},
	}
}

// mariadb tells MariaDB's isolation levels apart, on one server and on several.
func mariadb() []Row {
	const (
		levels = "Jepsen, MySQL 8.0.34 (2023); MariaDB's manual, innodb_snapshot_isolation"
		one    = "mariadb --nodes 1 --nemesis none --time 20s --rate 1000 --workload append"
		galera = "Jepsen, MariaDB Galera Cluster (2015); Galera's manual, wsrep_sync_wait"
	)
	return []Row{
		{ID: "mariadb-repeatable-read", Invalid: true, Findings: []string{"lost-update", "G-single", "G-single-item"},
			About:  "MariaDB at repeatable read, its default: is it repeatable read?",
			Args:   words(one + " --set expect=repeatable-read"),
			Source: levels},
		{ID: "mariadb-snapshot", About: "MariaDB with innodb_snapshot_isolation: is it snapshot isolation?",
			Args:   words(one + " --set snapshot-isolation=on --set expect=snapshot-isolation"),
			Source: levels},
		{ID: "mariadb-serializable", About: "MariaDB at serializable: is it strictly serializable?",
			Args:   words(one + " --set isolation=serializable"),
			Source: levels},
		{ID: "galera-serializable", Invalid: true, Findings: []string{"G2-item", "lost-update"},
			About:  "Galera at serializable, clients on several servers: is it serializable?",
			Args:   words("mariadb --nodes 3 --nemesis none --time 20s --workload append --set isolation=serializable --set expect=serializable"),
			Source: galera},
		{ID: "galera-stale", Invalid: true, Findings: []string{"stale-read"},
			About:  "Galera's servers answer reads with what they have applied",
			Args:   words("mariadb --nodes 3 --nemesis none --time 20s --workload register"),
			Source: galera},
		{ID: "galera-sync-wait", About: "Galera with wsrep_sync_wait=7, which waits before each statement",
			Args:   words("mariadb --nodes 3 --nemesis none --time 20s --workload register --set wsrep-sync-wait=7"),
			Source: galera},
		{ID: "mariadb-power", About: "MariaDB, and the power fails: is what was acknowledged there?",
			Args:   words("mariadb --workload set --nodes 1 --nemesis disk:power --time 30s --set promise=eventual"),
			Source: "MariaDB's manual, innodb_flush_log_at_trx_commit"},
		{ID: "mariadb-power-read", Invalid: true, Findings: []string{"lost"},
			About:  "MariaDB, and the power fails: is what was read there? InnoDB shows others what is committed before it is on disk",
			Args:   words("mariadb --workload set --nodes 1 --nemesis disk:power --time 240s --rate 1500 --hold 300ms --quiet 2s"),
			Source: "InnoDB's trx_t::commit_in_memory, which comes before the log is flushed"},
		{ID: "mariadb-power-flush", Invalid: true, Findings: []string{"lost"},
			About:  "MariaDB with innodb_flush_log_at_trx_commit=2, and the power fails",
			Args:   words("mariadb --workload set --nodes 1 --nemesis disk:power --time 30s --set flush-at-commit=2"),
			Source: "MariaDB's manual, innodb_flush_log_at_trx_commit"},
	}
}
