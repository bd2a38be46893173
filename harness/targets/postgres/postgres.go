// Package postgres puts PostgreSQL to the proof: transactions at each of its isolation
// levels, registers, sets, counters, queues, locks and more, on one server or on a
// primary with streaming standbys, each client tied to one server. An operation is
// reported as failed only if it certainly had no effect; everything in doubt is
// reported as unknown.
//
// PostgreSQL itself never promotes a standby. With failover=promote each node runs,
// beside its server, what people put there for it (repmgr, pg_auto_failover, Patroni
// and its like): a standby that hears nothing of the primary for two seconds, and
// whom no other standby that it can ask contradicts or surpasses, promotes itself; a
// primary that meets a newer one gives way, throws away what that has not, and goes on
// as its standby. See node.sh. That is part of the system under test, and it fences
// nobody: a primary that was cut off goes on, as without a witness it does under
// repmgr.
//
// A client asks only the server that it was made for. With reads=primary it does what
// libpq does with target_session_attrs=primary, refuses a server that is a standby, so
// that its operations fail without effect while its node is one; clients of the
// primary do the work. With reads=standby a standby is asked as well, and what it says
// may be stale; writes it refuses.
//
// It does not try logical replication, prepared transactions, or a change of the
// members, and it needs containers.
package postgres

import (
	_ "embed"
	"errors"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// clientPort is where clients and the other nodes reach a server.
	clientPort   = "client"
	clientNumber = 5432
	// patienceOfStandbys is after how many seconds without an answer from the primary
	// they look for another. Managers take from ten to sixty if nobody tells them
	// otherwise, which only makes tests longer.
	patienceOfStandbys = "2"
)

// node is the program of a node, and schema what a new database begins with.
//
//go:embed node.sh
var node string

//go:embed schema.sql
var schema string

// Target is PostgreSQL. It implements cluster.Target, cluster.Leaders, cluster.Claimer
// and cluster.Trader.
type Target struct{}

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "postgres" }

// About implements cluster.Target.
func (Target) About() string {
	return "PostgreSQL, one server or a primary with standbys; real servers in containers (transactions, register, set, queue, lock, ...)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "isolation", Default: "read-committed", Harmless: true, About: "the isolation level of every transaction", Choices: []cluster.Choice{
			{Value: "read-committed", About: "each statement sees what was committed before it (PostgreSQL's default)"},
			{Value: "repeatable-read", About: "each transaction sees a snapshot: snapshot isolation"},
			{Value: "serializable", About: "as if one transaction were executed after another"},
		}},
		{Key: "reads", Default: "primary", About: "which servers are asked", Choices: []cluster.Choice{
			{Value: "primary", About: "only one that is a primary: clients of standbys do nothing"},
			{Value: "standby", About: "each client its own: a standby answers reads with what it has"},
		}},
		{Key: "synchronous-commit", Default: "on", About: "what a commit waits for", Choices: []cluster.Choice{
			{Value: "on", About: "its log is on disk, here and where synchronous-standbys says (PostgreSQL's default)"},
			{Value: "remote_apply", Harmless: true, About: "as on, and synchronous standbys show it to readers"},
			{Value: "remote_write", About: "its log is on disk here, and synchronous standbys have it in memory"},
			{Value: "local", About: "its log is on disk here"},
			{Value: "off", About: "nothing: acknowledged transactions may be lost with the power"},
		}},
		{Key: "synchronous-standbys", Default: "none", Harmless: true, About: "whom a commit waits for", Choices: []cluster.Choice{
			{Value: "none", About: "no standby: replication is asynchronous (PostgreSQL's default)"},
			{Value: "any", About: "one of the standbys, whichever is the first"},
		}},
		{Key: "failover", Default: "none", About: "what happens without the primary", Choices: []cluster.Choice{
			{Value: "none", About: "nothing: standbys wait for it (PostgreSQL's default)"},
			{Value: "promote", About: "a standby becomes the primary, as a failover manager does it"},
		}},
		{Key: "fsync", Default: "on", About: "whether anything at all is forced to disk", Choices: []cluster.Choice{
			{Value: "on", About: "yes (PostgreSQL's default)"},
			{Value: "off", About: "no: a power failure may destroy everything"},
		}},
		{Key: "receive", Default: "exclusive", About: "how a message is taken from a queue", Choices: []cluster.Choice{
			{Value: "exclusive", About: "receivers wait for each other, so that messages come in order"},
			{Value: "skip-locked", About: "receivers pass over what others are taking: quicker, and neither order nor emptiness is certain"},
		}},
		{Key: "protocol", Default: "extended", Harmless: true, About: "in which form clients and servers exchange statements and values", Choices: []cluster.Choice{
			{Value: "extended", About: "statements are prepared once, and values travel in binary (the driver's default)"},
			{Value: "simple", About: "each statement is one text with its values in it, and so are the answers, as behind many poolers of connections"},
		}},
	}
}

// Nodes implements cluster.Target.
func (t Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	names := at.Names()
	if err := possible(cfg, len(names)); err != nil {
		return nil, err
	}
	var nodes []cluster.NodeSpec
	for _, name := range names {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image(cfg),
			Entrypoint: []string{"sh", "-c", node, "node"},
			Args:       arguments(name, cfg, at),
			Env: []string{
				"SELF=" + name, "FIRST=" + names[0], "PEERS=" + peers(name, at),
				"FAILOVER=" + setting(cfg, "failover"), "PATIENCE=" + patienceOfStandbys,
				"SCHEMA=" + strings.TrimSpace(schema),
				"FOLDER=" + at.Data(name) + "/postgres/database",
			},
			Ports: map[string]int{clientPort: clientNumber},
		})
	}
	return nodes, nil
}

// possible returns nil if the settings go together.
func possible(cfg cluster.Config, nodes int) error {
	switch {
	case nodes == 1 && setting(cfg, "synchronous-standbys") == "any":
		return errors.New("synchronous-standbys=any needs a standby: give --nodes 2 or more")
	case nodes > 1 && setting(cfg, "reads") == "standby" && setting(cfg, "isolation") == "serializable":
		return errors.New("PostgreSQL's standbys refuse serializable transactions: choose --set isolation=repeatable-read, or --set reads=primary")
	}
	return nil
}

// arguments are the server's. What is not a promise keeps its default, but for two: it
// takes less memory than a whole machine's, and notices within seconds partners that
// have gone, as one sets it up who wants failovers.
func arguments(self string, cfg cluster.Config, at cluster.Layout) []string {
	host, port, _ := strings.Cut(at.Listen(self, clientPort), ":")
	settings := []string{
		"listen_addresses=" + host, "port=" + port, "unix_socket_directories=/tmp",
		"cluster_name=" + self,
		"fsync=" + setting(cfg, "fsync"),
		"synchronous_commit=" + setting(cfg, "synchronous-commit"),
		"synchronous_standby_names=" + synchronous(cfg, at),
		"shared_buffers=32MB", "max_connections=200",
		"wal_receiver_timeout=2s", "wal_sender_timeout=2s", "wal_retrieve_retry_interval=500ms",
		"tcp_keepalives_idle=2", "tcp_keepalives_interval=1", "tcp_keepalives_count=3",
		// Transactions that are aborted for another's sake are no news.
		"log_min_messages=log", "log_min_error_statement=panic", "log_checkpoints=off",
	}
	var args []string
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func synchronous(cfg cluster.Config, at cluster.Layout) string {
	if setting(cfg, "synchronous-standbys") == "none" {
		return ""
	}
	return "ANY 1 (" + strings.Join(at.Names(), ",") + ")"
}

// peers are the others as the node self reaches them.
func peers(self string, at cluster.Layout) string {
	var list []string
	for _, name := range at.Names() {
		if name != self {
			list = append(list, name+"="+at.Dial(self, name, clientPort))
		}
	}
	return strings.Join(list, " ")
}

// image is the one that a user named, otherwise the one that was made on this machine,
// otherwise the published one.
func image(cfg cluster.Config) cluster.Image {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}
	}
	return cluster.Image{
		Reference: "docker.io/library/postgres:15",
		Preferred: []string{"assay/postgres:15"},
		Advice:    "make one of Debian's packages with: .ci/images postgres, or name another with --image",
	}
}

// setting is what the user chose, or the default.
func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
