// Package nats puts NATS JetStream to the proof: registers and versions in key-value
// buckets, sets, logs, consumer groups and work queues in streams, on a cluster of
// real servers in containers. Each client is tied to one server by the official Go
// client with its retries and reconnects taken out. An operation is reported as
// failed only if it certainly had no effect; everything in doubt is reported as
// unknown.
//
// It does not try core NATS, which promises nothing that could be broken, and it
// needs containers: servers learn the addresses of each other, which rules out the
// proxies between processes that partition a cluster on loopback.
package nats

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort  = "client"
	peerPort    = "peer"
	monitorPort = "monitor"
)

// Target is NATS. It implements cluster.Target, cluster.Leaders, cluster.Versioned and
// cluster.Trader.
type Target struct {
	// making is held by the client that makes a stream.
	making *sync.Mutex
}

// New is the target.
func New() Target { return Target{making: new(sync.Mutex)} }

// Name implements cluster.Target.
func (Target) Name() string { return "nats" }

// About implements cluster.Target.
func (Target) About() string {
	return "NATS JetStream, streams replicated by Raft; real servers in containers (register, versions, set, log, work queue)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "version", Default: defaultVersion, Harmless: true, About: "which published version, unless --image names an image"},
		{Key: "replicas", Default: "3", About: "how many servers keep each stream; by default fewer where there are fewer", Choices: []cluster.Choice{
			{Value: "1", About: "one: a stream is as available and as durable as its server"},
			{Value: "3", About: "three: acknowledged by a majority of them"},
			{Value: "5", Harmless: true, About: "five: acknowledged by a majority of them"},
		}},
		{Key: "sync", Default: "default", About: "when servers sync what they wrote to disk", Choices: []cluster.Choice{
			{Value: "default", About: "every two minutes, while messages are acknowledged at once (sync_interval, NATS's default)"},
			{Value: "always", Harmless: true, About: "before a message is acknowledged; needs an image built by assay image build nats"},
		}},
		{Key: "storage", Default: "file", About: "where streams are kept", Choices: []cluster.Choice{
			{Value: "file", About: "on disk"},
			{Value: "memory", About: "in memory only: what a majority forgets at once is gone"},
		}},
		{Key: "reads", Default: "leader", About: "who answers reads", Choices: []cluster.Choice{
			{Value: "leader", About: "the stream's leader, without asking a majority"},
			{Value: "direct", About: "any replica, possibly stale (what the libraries do for key-value buckets)"},
		}},
		{Key: "compression", Default: "off", Harmless: true, About: "whether servers compress what they send each other", Choices: []cluster.Choice{
			{Value: "off", About: "no: each would accept it, and none asks for it (NATS's default)"},
			{Value: "s2_fast", About: "yes, by S2 at its fastest (from 2.10); needs an image built by assay image build nats"},
		}},
	}
}

// Nodes implements cluster.Target. Servers are configured by their arguments alone,
// so that any image of a server will do, except for what has no argument.
func (t Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	if n := replicas(cfg, len(at.Names())); n > len(at.Names()) {
		return nil, fmt.Errorf("setting replicas=%d: there are only %d nodes", n, len(at.Names()))
	}
	image, err := image(cfg)
	if err != nil {
		return nil, err
	}
	if err := compressible(cfg); err != nil {
		return nil, err
	}
	var nodes []cluster.NodeSpec
	for _, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image,
			Entrypoint: []string{"nats-server"},
			Args:       arguments(name, cfg, at),
			Env:        environment(name, cfg, at),
			Ports:      map[string]int{clientPort: 4222, peerPort: 6222, monitorPort: 8222},
		})
	}
	return nodes, nil
}

func arguments(self string, cfg cluster.Config, at cluster.Layout) []string {
	host, port := listen(at, self, clientPort)
	_, monitor := listen(at, self, monitorPort)
	args := []string{"--name=" + self, "--addr=" + host, "--port=" + port, "--http_port=" + monitor}
	if configuration(self, cfg, at) != "" {
		args = append(args, "--config="+configFile)
	}
	if setting(cfg, "sync") == "default" {
		args = append(args, "--jetstream", "--store_dir="+at.Data(self))
	}
	if len(at.Names()) == 1 {
		return args // a cluster of one would wait for others
	}
	return append(args,
		"--cluster_name=assay",
		"--cluster=nats://"+at.Listen(self, peerPort),
		"--routes="+routes(self, at),
		// Clients are to stay with their server.
		"--no_advertise=true")
}

// environment hands a configuration to servers that assay image build has made: what
// it says has no argument.
func environment(self string, cfg cluster.Config, at cluster.Layout) []string {
	text := configuration(self, cfg, at)
	if text == "" {
		return nil
	}
	return []string{configVariable + "=" + text}
}

// configuration is what has to be told to a server in a file. Arguments win over it where
// both say something. It is empty if there is nothing.
func configuration(self string, cfg cluster.Config, at cluster.Layout) string {
	var parts []string
	if setting(cfg, "sync") == "always" {
		parts = append(parts, fmt.Sprintf("jetstream { store_dir: %q, sync_interval: always }", at.Data(self)))
	}
	if compression := setting(cfg, "compression"); compression != "off" && len(at.Names()) > 1 {
		parts = append(parts, "cluster { compression: "+compression+" }")
	}
	return strings.Join(parts, "\n")
}

// routes are the nodes to which the node self connects: those before it, and itself in
// the place of all others. Where two nodes that start at the same moment connect to each
// other, both take connections for duplicates, and 2.10.24 may be left with none for
// good. A route to itself is dropped by a server, but it counts: from the number of its
// routes a new server knows how many have to agree on the first leader.
func routes(self string, at cluster.Layout) string {
	var list []string
	to := at.Names()[0]
	for _, name := range at.Names() {
		if to != self {
			to = name
		}
		list = append(list, "nats://"+at.Dial(self, to, peerPort))
	}
	return strings.Join(list, ",")
}

func listen(at cluster.Layout, self, name string) (host, port string) {
	host, port, err := net.SplitHostPort(at.Listen(self, name))
	if err != nil {
		panic("nats: a layout gives addresses as host:port: " + err.Error())
	}
	return host, port
}

// replicas is how many servers keep each stream.
func replicas(cfg cluster.Config, nodes int) int {
	n, err := strconv.Atoi(setting(cfg, "replicas"))
	if err != nil {
		panic("nats: the choices of replicas are numbers: " + err.Error())
	}
	if _, chosen := cfg.Settings["replicas"]; !chosen {
		return min(n, nodes)
	}
	return n
}

// setting is what the user chose, or the default.
func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
