// Package redis puts Redis to the proof: registers, sets, lists as queues, streams as
// logs and as queues of messages, counters, locks and transactions, on a server of its
// own, on a master with replicas under Sentinel, or on a Redis Cluster, real servers in
// containers. Under Sentinel, a client asks the sentinel of its own node who is master,
// before every operation, and goes there, as the libraries do that listen to a sentinel:
// cut off together with an old master, it stays with that one. In a cluster it goes to
// the server that last had the key, or else to that of its own node, and follows where it
// is sent. An operation is reported as failed only if it certainly had no effect;
// everything in doubt is reported as unknown.
//
// It moves no slots of a cluster from server to server, and it needs containers: servers
// and sentinels tell each other their addresses, which rules out the proxies between
// processes that partition a cluster on loopback.
package redis

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort   = "client"
	sentinelPort = "sentinel"
	// peerPort is that of a cluster's bus: the client port and ten thousand.
	peerPort = "peer"
	// master is what sentinels call the server and its replicas.
	master = "assay"
)

// Target is Redis. It implements cluster.Target and cluster.Leaders.
type Target struct {
	// servers are where clients reach the nodes that others name.
	servers *directory
}

// New is the target. It silences the client library, for all who use that.
func New() Target {
	redis.SetLogger(&logging.VoidLogger{})
	return Target{servers: &directory{addresses: map[string]string{}}}
}

// Name implements cluster.Target.
func (Target) Name() string { return "redis" }

// About implements cluster.Target.
func (Target) About() string {
	return "Redis, alone, replicated under Sentinel, or as Redis Cluster; real servers in containers " +
		"(register, set, queue, messages, log, counter, identifiers, lock, lease, transactions)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "mode", Default: "sentinel", About: "how servers belong together", Choices: []cluster.Choice{
			{Value: "sentinel", About: "one master, the others its replicas; the sentinels on all nodes elect another master after a second"},
			{Value: "cluster", About: "Redis Cluster: masters divide the keys; of 6 nodes and more, half are replicas that take over when a master has been away for two seconds"},
			{Value: "single", About: "one server of its own: needs --nodes 1"},
		}},
		{Key: "reads", Default: "master", About: "who answers reads", Choices: []cluster.Choice{
			{Value: "master", About: "the master, in a cluster that of the key"},
			{Value: "replica", About: "the server on the client's own node, whatever it is"},
		}},
		{Key: "wait", Default: "0", Harmless: true, About: "how many replicas have to have a write before it counts as acknowledged (WAIT)", Choices: []cluster.Choice{
			{Value: "0", About: "none: the master acknowledges alone (Redis's default)"},
			{Value: "1", About: "one; a write that none has confirmed in time is of unknown outcome"},
			{Value: "2", About: "two"},
		}},
		{Key: "appendfsync", Default: "everysec", About: "when servers sync what they wrote to disk", Choices: []cluster.Choice{
			{Value: "always", Harmless: true, About: "before they answer"},
			{Value: "everysec", About: "once a second (Redis's default)"},
			{Value: "no", About: "when the kernel likes"},
		}},
		{Key: "min-replicas", Default: "0", Harmless: true, About: "without how many replicas that were heard of in the last two seconds a master refuses writes", Choices: []cluster.Choice{
			{Value: "0", About: "it never does (Redis's default)"},
			{Value: "1", About: "one"},
			{Value: "2", About: "two"},
		}},
		{Key: "lock-expiry", Default: "10s", About: "when a lock ends by itself, which has to be longer than anybody holds it", Choices: []cluster.Choice{
			{Value: "2s", About: "soon: a client that is held up may lose it"},
			{Value: "10s", About: "later than most tests hold locks"},
			{Value: "60s", Harmless: true, About: "hardly ever: a lock whose holder is gone is lost for a while"},
		}},
	}
}

// Nodes implements cluster.Target.
func (Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	if err := fits(cfg, len(at.Names())); err != nil {
		return nil, err
	}
	var nodes []cluster.NodeSpec
	for _, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image(cfg),
			Entrypoint: []string{"sh"},
			Args:       []string{"-c", script},
			Env: []string{
				"DATA=" + at.Data(name),
				"CONFIG=" + configuration(name, cfg, at),
				"SENTINEL=" + sentinel(name, cfg, at),
				"CREATE=" + creation(name, cfg, at),
			},
			Ports: map[string]int{clientPort: 6379, sentinelPort: 26379, peerPort: 16379},
		})
	}
	return nodes, nil
}

//go:embed node.sh
var script string

// fits says why the settings make no sense with so many nodes, if so.
func fits(cfg cluster.Config, nodes int) error {
	mode := setting(cfg, "mode")
	if mode == "cluster" {
		return fitsCluster(cfg, nodes)
	}
	switch single := mode == "single"; {
	case single && nodes != 1:
		return fmt.Errorf("setting mode=single: %d nodes would not know of each other; add --nodes 1", nodes)
	case single && (setting(cfg, "wait") != "0" || setting(cfg, "min-replicas") != "0"):
		return errors.New("setting mode=single: there are no replicas to wait for")
	case !single && nodes < 3:
		return fmt.Errorf("setting mode=sentinel: %d nodes have no majority once one is away; choose 3 or more, or mode=single", nodes)
	}
	return nil
}

func fitsCluster(cfg cluster.Config, nodes int) error {
	waits := max(setting(cfg, "wait"), setting(cfg, "min-replicas"))
	switch {
	case nodes < 3:
		return fmt.Errorf("setting mode=cluster: Redis Cluster begins with 3 masters, and there are %d nodes; choose 3, or 6 for a replica of each", nodes)
	case waits > "0" && replicas(nodes) == 0:
		return fmt.Errorf("setting mode=cluster: on %d nodes there are no replicas to wait for; choose 6", nodes)
	case waits > "1":
		return errors.New("setting mode=cluster: masters have one replica each, and cannot wait for two")
	case setting(cfg, "reads") == "replica":
		return errors.New("setting reads=replica: the replicas of Redis Cluster send clients to their masters; leave it out, or choose mode=sentinel")
	}
	return nil
}

// replicas is how many a master of a cluster has at least. Fewer than three masters
// could not agree that one of them is away.
func replicas(nodes int) int {
	if nodes < 6 {
		return 0
	}
	return 1
}

// image is the one that a user named, otherwise the one that was made here, otherwise
// the published one.
func image(cfg cluster.Config) cluster.Image {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}
	}
	return cluster.Image{
		Reference: "docker.io/library/redis:7.0",
		Preferred: []string{"assay/redis:7.0"},
		Advice:    "make one from Debian's package with: .ci/images redis, or name another with --image",
	}
}

// configuration is that of a server which is started for the first time.
func configuration(self string, cfg cluster.Config, at cluster.Layout) string {
	lines := []string{
		"port " + port(at.Listen(self, clientPort)),
		"protected-mode no",
		"dir " + at.Data(self),
		"appendonly yes",
		"appendfsync " + setting(cfg, "appendfsync"),
	}
	if setting(cfg, "mode") == "single" {
		return strings.Join(lines, "\n")
	}
	lines = append(lines,
		"repl-diskless-sync-delay 0",
		"min-replicas-to-write "+setting(cfg, "min-replicas"),
		"min-replicas-max-lag 2",
	)
	if setting(cfg, "mode") == "cluster" {
		return strings.Join(append(lines, membership(self)...), "\n")
	}
	lines = append(lines, "replica-announce-ip "+self)
	if first := at.Names()[0]; self != first {
		lines = append(lines, "replicaof "+strings.ReplaceAll(at.Dial(self, first, clientPort), ":", " "))
	}
	return strings.Join(lines, "\n")
}

// membership is what a server of a cluster is configured by. It sends clients to others by
// their names. The fifteen seconds that it would wait for another one would outlast most
// faults.
func membership(self string) []string {
	return []string{
		"cluster-enabled yes",
		"cluster-node-timeout 2000",
		"cluster-announce-hostname " + self,
		"cluster-preferred-endpoint-type hostname",
	}
}

// creation are the arguments by which the last node makes a cluster of all: how many
// replicas each master has, and where the servers are.
func creation(self string, cfg cluster.Config, at cluster.Layout) string {
	names := at.Names()
	if setting(cfg, "mode") != "cluster" || self != names[len(names)-1] {
		return ""
	}
	words := []string{fmt.Sprint(replicas(len(names)))}
	for _, name := range names {
		words = append(words, at.Dial(self, name, clientPort))
	}
	return strings.Join(words, " ")
}

// sentinel is the configuration of the sentinel beside a server, if there is one. A
// majority has to agree that a master is away. Sentinel's own half a minute until then
// would outlast most faults.
func sentinel(self string, cfg cluster.Config, at cluster.Layout) string {
	if setting(cfg, "mode") != "sentinel" {
		return ""
	}
	names := at.Names()
	first := strings.ReplaceAll(at.Dial(self, names[0], clientPort), ":", " ")
	return strings.Join([]string{
		"port " + port(at.Listen(self, sentinelPort)),
		"protected-mode no",
		"dir " + at.Data(self),
		"sentinel resolve-hostnames yes",
		"sentinel announce-hostnames yes",
		"sentinel announce-ip " + self,
		fmt.Sprintf("sentinel monitor %s %s %d", master, first, len(names)/2+1),
		"sentinel down-after-milliseconds " + master + " 1000",
		"sentinel failover-timeout " + master + " 3000",
	}, "\n")
}

func port(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// setting is what the user chose, or the default.
func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
