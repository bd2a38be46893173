// Package etcd puts etcd to the proof: registers, sets, queues, transactions, a bank,
// versions, watchers, locks and leases on a cluster of real servers in containers, each client tied to one server by the official
// Go client with its retries taken out. An operation is reported as failed only
// if it certainly had no effect; everything in doubt is reported as unknown.
//
// Its servers can leave the cluster and be replaced by new ones while the others go
// on.
//
// It needs containers: the members of an etcd cluster have to agree on one address
// for each of them, which rules out the proxies between processes that partition
// a cluster on loopback.
//
// # To add another target
//
// A target is one folder beside this one and one line in targets.All. In the
// order in which it is best written:
//
//  1. The arguments (this file). Start three nodes by hand first, until you know
//     the shortest command line that gives a cluster. Then let Nodes write it,
//     taking every address and path from the Layout: that is what puts the
//     runtime in between. Settings are the vendor's promises, not its tuning:
//     one for each switch that weakens what clients were told.
//  2. The image (image.go). If one is published, Reference and Advice are enough.
//     A recipe is for whoever cannot pull it.
//  3. Readiness (ready.go). Ask each node for the cheapest thing that only a
//     working member can do, through the same client that the test uses. An open
//     port and a health page of the process are not enough.
//  4. The client (client.go). Turn off everything that helps: retries, failover
//     to other nodes, endpoint discovery, logging. Then implement the data types
//     of package workloads that the system has of itself; a queue that is only a
//     table with a lock in the client would test the client.
//  5. The errors (outcome.go). Go through every error that the client can return
//     and read in the server's source where it arises. Before the request became
//     durable anywhere: no effect. After, or you cannot tell: unknown, which is
//     what an error is if you do nothing.
//  6. The tests: the command line, the table of errors, and one run against real
//     containers that writes, reads, and loses a race on purpose.
package etcd

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort = "client"
	peerPort   = "peer"
	peerNumber = 2380
)

// Target is etcd. It implements cluster.Target, cluster.Leaders, cluster.Claimer,
// cluster.Trader and cluster.Versioned.
type Target struct{}

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "etcd" }

// About implements cluster.Target.
func (Target) About() string {
	return "etcd, a key-value store on Raft; real servers in containers (register, set, queue, transactions, bank, versions, watch, lock, lease)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "version", Default: defaultVersion, Harmless: true, About: "which published version, unless --image names an image"},
		{Key: "reads", Default: "linearizable", About: "what a read promises", Choices: []cluster.Choice{
			{Value: "linearizable", About: "the latest value: a majority confirms it (etcd's default)"},
			{Value: "serializable", About: "whatever the asked member has, possibly stale"},
		}},
		{Key: "unsafe-no-fsync", Default: "false", About: "whether the server skips fsync", Choices: []cluster.Choice{
			{Value: "false", About: "acknowledged writes are on disk (etcd's default)"},
			{Value: "true", About: "acknowledged writes may be lost with the power"},
		}},
		ttlSetting(),
		snapshotSetting(),
		guardSetting(),
	}
}

// Nodes implements cluster.Target. Heartbeats and elections keep etcd's own
// timing (100 ms and 1 s): a cluster that lost its leader has another within two
// seconds, and users run it so.
func (t Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	image, err := image(cfg)
	if err != nil {
		return nil, err
	}
	if err := checkSnapshotCount(cfg); err != nil {
		return nil, err
	}
	if _, err := guard(cfg); err != nil {
		return nil, err
	}
	var nodes []cluster.NodeSpec
	for _, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image,
			Entrypoint: []string{"etcd"},
			Args:       arguments(name, cfg, at),
			Ports:      map[string]int{clientPort: 2379, peerPort: peerNumber},
		})
	}
	return nodes, nil
}

func arguments(self string, cfg cluster.Config, at cluster.Layout) []string {
	return append([]string{
		"--name=" + self,
		"--data-dir=" + at.Data(self),
		"--listen-client-urls=http://" + at.Listen(self, clientPort),
		"--advertise-client-urls=http://" + at.Dial(self, self, clientPort),
		"--listen-peer-urls=http://" + at.Listen(self, peerPort),
		"--initial-advertise-peer-urls=http://" + at.Dial(self, self, peerPort),
		"--initial-cluster=" + members(self, at),
		"--initial-cluster-state=new",
		"--initial-cluster-token=assay",
		"--unsafe-no-fsync=" + setting(cfg, "unsafe-no-fsync"),
	}, snapshotArguments(cfg)...)
}

// members is the whole cluster as the node self reaches it.
func members(self string, at cluster.Layout) string {
	var list []string
	for _, name := range at.Names() {
		list = append(list, fmt.Sprintf("%s=http://%s", name, at.Dial(self, name, peerPort)))
	}
	return strings.Join(list, ",")
}

func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
