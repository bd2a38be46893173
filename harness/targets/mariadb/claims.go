package mariadb

import "github.com/assaykit/assay/harness/cluster"

var _ cluster.Claimer = Target{}

// Claims implements cluster.Claimer. The manual says of the default level that reads in
// a transaction see one snapshot; it does not say that updates may be lost. Of Galera it
// says that levels above that are honoured only between transactions of one server, and
// knows of lost updates.
func (Target) Claims() []cluster.Claim {
	const (
		isolation = "https://mariadb.com/kb/en/set-transaction/"
		innodb    = "https://mariadb.com/kb/en/innodb-system-variables/"
		galera    = "https://mariadb.com/kb/en/galera-cluster-system-variables/"
	)
	expect := func(name string) map[string]string { return map[string]string{"expect": name} }
	return []cluster.Claim{
		{Workload: "append", Promise: "repeatable read", Page: isolation, Check: expect("repeatable-read"), Alone: true},
		{Workload: "append", Promise: "read committed", Page: isolation, Check: expect("read-committed"),
			Settings: map[string]string{"isolation": "read-committed"}},
		{Workload: "append", Promise: "serializable", Page: isolation, Check: expect("serializable"), Alone: true,
			Settings: map[string]string{"isolation": "serializable"}},
		{Workload: "append", Promise: "snapshot isolation", Page: innodb + "#innodb_snapshot_isolation",
			Check: expect("snapshot-isolation"), Alone: true, Settings: map[string]string{"snapshot-isolation": "on"}},
		{Workload: "register", Promise: "reads are not stale on any node of a Galera cluster", Page: galera + "#wsrep_sync_wait",
			Settings: map[string]string{"wsrep-sync-wait": "7"}},
		{Workload: "set", Promise: "no acknowledged write is lost", Page: innodb + "#innodb_flush_log_at_trx_commit",
			Check: map[string]string{"promise": "eventual"}},
	}
}
