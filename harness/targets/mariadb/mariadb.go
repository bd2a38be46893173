// Package mariadb puts MariaDB to the proof: transactions at each of its isolation
// levels, registers, sets, counters and more, on one server, or on a Galera cluster
// whose nodes all take writes, each client tied to one server by the official Go driver.
// An operation is reported as failed only if it certainly had no effect; everything in
// doubt is reported as unknown.
//
// One node is a server by itself; with more they are a Galera cluster, in which they
// start one after another. A cluster that loses its majority at once, because most nodes
// are killed while another goes on, waits for somebody who says which of them has the
// data (pc.bootstrap). Nobody here does: the run then ends without final reads, unknown.
//
// It does not try replication from binary logs, or a change of the members, and it needs
// containers.
package mariadb

import (
	_ "embed"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort   = "client"
	clientNumber = 3306
	// peerPort is where the nodes of a Galera cluster find each other. They use two more
	// to copy data, 4568 and 4444.
	peerPort   = "peer"
	peerNumber = 4567
)

// node is the program of a node, and schema what a new database begins with.
//
//go:embed node.sh
var node string

//go:embed schema.sql
var schema string

// Target is MariaDB. It implements cluster.Target, cluster.Claimer and cluster.Trader. A
// Galera cluster has no leader.
type Target struct{}

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "mariadb" }

// About implements cluster.Target.
func (Target) About() string {
	return "MariaDB, one server or a Galera cluster; real servers in containers (transactions, register, set, counter, ...)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "isolation", Default: "repeatable-read", About: "the isolation level of every transaction", Choices: []cluster.Choice{
			{Value: "read-uncommitted", About: "reads see what is not committed"},
			{Value: "read-committed", About: "each statement sees what was committed before it"},
			{Value: "repeatable-read", About: "reads see a snapshot, writes the present (MariaDB's default)"},
			{Value: "serializable", Harmless: true, About: "as if one transaction were executed after another"},
		}},
		{Key: "snapshot-isolation", Default: "off", Harmless: true, About: "whether repeatable read refuses to write what was changed since the snapshot", Choices: []cluster.Choice{
			{Value: "off", About: "no: updates may be lost (the default before 11.6)"},
			{Value: "on", About: "yes: snapshot isolation"},
		}},
		{Key: "flush-at-commit", Default: "1", About: "what a commit waits for", Choices: []cluster.Choice{
			{Value: "1", About: "its log is on disk (MariaDB's default)"},
			{Value: "2", About: "its log is with the operating system: lost with the power"},
			{Value: "0", About: "nothing: lost with the server"},
		}},
		{Key: "wsrep-sync-wait", Default: "0", Harmless: true, About: "which statements of a Galera node first wait for what other nodes committed", Choices: []cluster.Choice{
			{Value: "0", About: "none: reads may be stale (the default)"},
			{Value: "1", About: "reads"},
			{Value: "7", About: "reads, updates, deletes, inserts and replacements"},
		}},
		{Key: "compression", Default: "off", Harmless: true, About: "whether clients and servers compress what they exchange", Choices: []cluster.Choice{
			{Value: "off", About: "no (the default)"},
			{Value: "on", About: "yes, by zlib, whatever is long enough to gain by it"},
		}},
	}
}

// Nodes implements cluster.Target.
func (t Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	var nodes []cluster.NodeSpec
	first, before := "yes", ""
	for _, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image(cfg),
			Entrypoint: []string{"sh", "-c", node, "node"},
			Args:       arguments(name, cfg, at),
			Env: []string{
				"FIRST=" + first, "BEFORE=" + before,
				"SCHEMA=" + strings.TrimSpace(schema),
				"FOLDER=" + folder(name, at),
			},
			Ports: map[string]int{clientPort: clientNumber, peerPort: peerNumber},
		})
		first, before = "no", at.Dial(name, name, clientPort)
	}
	return nodes, nil
}

// host is an address without its port.
func host(address string) string {
	name, _, _ := strings.Cut(address, ":")
	return name
}

func folder(self string, at cluster.Layout) string { return at.Data(self) + "/mariadb/database" }

// arguments are the server's. What is not a promise keeps its default, but for memory,
// of which it takes less than a whole machine's.
func arguments(self string, cfg cluster.Config, at cluster.Layout) []string {
	ip, port, _ := strings.Cut(at.Listen(self, clientPort), ":")
	args := []string{
		"--no-defaults", "--user=mysql", "--datadir=" + folder(self, at), "--socket=/tmp/mariadb.sock",
		"--bind-address=" + ip, "--port=" + port, "--skip-name-resolve",
		"--innodb-buffer-pool-size=64M", "--performance-schema=OFF", "--max-connections=200",
		"--transaction-isolation=" + strings.ToUpper(setting(cfg, "isolation")),
		"--innodb-snapshot-isolation=" + strings.ToUpper(setting(cfg, "snapshot-isolation")),
		"--innodb-flush-log-at-trx-commit=" + setting(cfg, "flush-at-commit"),
	}
	if len(at.Names()) == 1 {
		return args
	}
	return append(args, galera(self, cfg, at)...)
}

// galera is what makes a server the node of a Galera cluster; the first three are what
// its manual demands.
func galera(self string, cfg cluster.Config, at cluster.Layout) []string {
	var members []string
	for _, name := range at.Names() {
		members = append(members, at.Dial(self, name, peerPort))
	}
	return []string{
		"--binlog-format=ROW", "--default-storage-engine=InnoDB", "--innodb-autoinc-lock-mode=2",
		"--wsrep-on=ON", "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
		"--wsrep-provider-options=gcache.size=32M",
		"--wsrep-cluster-name=assay", "--wsrep-cluster-address=gcomm://" + strings.Join(members, ","),
		"--wsrep-node-name=" + self, "--wsrep-node-address=" + host(at.Dial(self, self, peerPort)),
		"--wsrep-sst-method=rsync",
		"--wsrep-sync-wait=" + setting(cfg, "wsrep-sync-wait"),
	}
}

// image is the one that a user named, otherwise the one that was made on this machine,
// otherwise the published one.
func image(cfg cluster.Config) cluster.Image {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}
	}
	return cluster.Image{
		Reference: "docker.io/library/mariadb:10.11",
		Preferred: []string{"assay/mariadb:10.11"},
		Advice:    "make one of Debian's packages with: .ci/images mariadb, or name another with --image",
	}
}

// setting is what the user chose, or the default.
func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
