// Package zookeeper puts Apache ZooKeeper to the proof: registers, sets, locks with
// fencing tokens and identifiers on an ensemble of real servers in containers, each
// client tied to one server. An operation is reported as failed only if it certainly
// had no effect; everything in doubt is reported as unknown.
//
// ZooKeeper orders all writes, and lets each server answer reads from what it has.
// Whoever wants to read the latest value asks for a sync before, and still trusts that
// the leader leads: a sync needs no majority. The setting reads has a third way, which
// does.
//
// It does not try access control, reconfiguration of the ensemble, or watches, and it
// needs containers.
package zookeeper

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort   = "client"
	peerPort     = "peer"
	electionPort = "election"

	clientNumber   = 2181
	peerNumber     = 2888
	electionNumber = 3888
)

// server is the program of a node.
//
//go:embed server.sh
var server string

// Target is ZooKeeper. It implements cluster.Target, cluster.Leaders and
// cluster.Claimer.
type Target struct{}

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "zookeeper" }

// About implements cluster.Target.
func (Target) About() string {
	return "Apache ZooKeeper, a tree of small files for coordination; real servers in containers (register, set, lock, identifiers)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "reads", Default: "sync", About: "what is done before a read", Choices: []cluster.Choice{
			{Value: "sync", About: "the server catches up with the leader, which is not asked whether it still leads"},
			{Value: "plain", About: "nothing: a server answers with what it has (ZooKeeper's default)"},
			{Value: "write", Harmless: true, About: "a write, which takes a majority, and after which the server has all that was before it"},
		}},
		{Key: "force-sync", Default: "yes", About: "whether writes are forced to disk", Choices: []cluster.Choice{
			{Value: "yes", About: "before they are acknowledged (ZooKeeper's default)"},
			{Value: "no", About: "some time: acknowledged writes may be lost with the power"},
		}},
	}
}

// Claims implements cluster.Claimer. Of a sync before a read it is said that it does not
// strictly guarantee up-to-date data; a write before it does.
func (Target) Claims() []cluster.Claim {
	const page = "https://zookeeper.apache.org/doc/r3.8.0/zookeeperInternals.html#sc_consistency"
	return []cluster.Claim{
		{Workload: "register", Promise: "linearizable with a write before each read", Page: page, Settings: map[string]string{"reads": "write"}},
		{Workload: "set", Promise: "linearizable with a write before each read", Page: page, Settings: map[string]string{"reads": "write"}},
		{Workload: "lock", Promise: "held by one client at a time, as long as its session lives",
			Page: "https://zookeeper.apache.org/doc/r3.8.0/recipes.html#sc_recipes_Locks"},
	}
}

// Nodes implements cluster.Target. Ticks are of a second: a leader that is cut off
// ceases to lead after three of them.
func (Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	var nodes []cluster.NodeSpec
	for i, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image(cfg),
			Entrypoint: []string{"sh", "-c", server, "server"},
			Env: []string{
				fmt.Sprint("MYID=", i+1),
				"FOLDER=" + at.Data(name),
				"CONFIGURATION=" + configuration(name, cfg, at),
			},
			Ports: map[string]int{clientPort: clientNumber, peerPort: peerNumber, electionPort: electionNumber},
		})
	}
	return nodes, nil
}

// configuration is the server's file.
func configuration(self string, cfg cluster.Config, at cluster.Layout) string {
	lines := []string{
		"tickTime=1000", "initLimit=10", "syncLimit=3",
		"dataDir=" + at.Data(self) + "/zookeeper",
		fmt.Sprint("clientPort=", clientNumber),
		"forceSync=" + setting(cfg, "force-sync"),
		"maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=srvr",
	}
	if len(at.Names()) == 1 {
		return strings.Join(lines, "\n")
	}
	for i, name := range at.Names() {
		_, election, _ := strings.Cut(at.Dial(self, name, electionPort), ":")
		lines = append(lines, fmt.Sprintf("server.%d=%s:%s", i+1, at.Dial(self, name, peerPort), election))
	}
	return strings.Join(lines, "\n")
}

// image is the one that a user named, otherwise the one that was made on this machine,
// otherwise the published one.
func image(cfg cluster.Config) cluster.Image {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}
	}
	return cluster.Image{
		Reference: "docker.io/library/zookeeper:3.8",
		Preferred: []string{"assay/zookeeper:3.8"},
		Advice:    "make one of Debian's packages with: .ci/images zookeeper, or name another with --image",
	}
}

func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
