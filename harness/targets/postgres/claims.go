package postgres

import "github.com/assaykit/assay/harness/cluster"

var _ cluster.Claimer = Target{}

const manual = "https://www.postgresql.org/docs/15/"

// Claims implements cluster.Claimer. That the manual promises serializability and no more
// is why nothing is claimed of real time, although there is only one copy to ask. What it
// promises of synchronous standbys is about failovers, which it leaves to other programs:
// whether that is kept is up to these.
func (Target) Claims() []cluster.Claim {
	const isolation = manual + "transaction-iso.html"
	level := func(name string) map[string]string { return map[string]string{"isolation": name} }
	expect := func(name string) map[string]string { return map[string]string{"expect": name} }
	durable := map[string]string{"promise": "eventual"}
	return []cluster.Claim{
		{Workload: "append", Promise: "serializable", Page: isolation, Settings: level("serializable"), Check: expect("serializable")},
		{Workload: "append", Promise: "snapshot isolation", Page: isolation, Settings: level("repeatable-read"), Check: expect("snapshot-isolation")},
		{Workload: "append", Promise: "read committed", Page: isolation, Check: expect("read-committed")},
		{Workload: "wr", Promise: "serializable", Page: isolation, Settings: level("serializable"), Check: expect("serializable")},
		{Workload: "wr", Promise: "snapshot isolation", Page: isolation, Settings: level("repeatable-read"), Check: expect("snapshot-isolation")},
		{Workload: "wr", Promise: "read committed", Page: isolation, Check: expect("read-committed")},
		{Workload: "bank", Promise: "the total stays the same", Page: isolation, Settings: level("repeatable-read"), Check: expect("snapshot-isolation")},
		{Workload: "bank", Promise: "the total stays the same", Page: isolation, Settings: level("serializable"), Check: expect("serializable")},
		{Workload: "set", Promise: "no acknowledged write is lost", Page: manual + "wal-reliability.html", Check: durable},
		{Workload: "lock", Promise: "one session holds an advisory lock at a time, while the server runs",
			Page: manual + "explicit-locking.html#ADVISORY-LOCKS", Except: []string{"kill", "process", "disk"}},
		{Workload: "unique-ids", Promise: "no identifier is given out twice", Page: manual + "functions-sequence.html"},
	}
}
