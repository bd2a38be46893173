// Package rabbitmq puts RabbitMQ to the proof: queues of each of its kinds on a cluster
// of real servers in containers, each client tied to one server. An operation is
// reported as failed only if it certainly had no effect; everything in doubt is reported
// as unknown.
//
// A consumer's acknowledgement has no answer in AMQP 0-9-1. So it is no operation of
// its own here: receiving is getting a message and acknowledging it, and a message whose
// acknowledgement gets lost comes again, which is at-least-once.
//
// It does not try streams, exchanges, or consumers that messages are pushed to, and it
// needs containers.
package rabbitmq

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort   = "client"
	peerPort     = "peer"
	clientNumber = 5672
	peerNumber   = 25672
)

// server is the program of a node.
//
//go:embed server.sh
var server string

// Target is RabbitMQ. It implements cluster.Target and cluster.Claimer.
type Target struct{}

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "rabbitmq" }

// About implements cluster.Target.
func (Target) About() string {
	return "RabbitMQ, a message broker; a cluster of real servers in containers (queue; try it with --set profile=at-least-once --set order=none)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "queue-type", Default: "quorum", About: "what kind queues are of", Choices: []cluster.Choice{
			{Value: "quorum", About: "replicated by Raft: a majority has what was confirmed"},
			{Value: "mirrored", About: "classic, with a mirror on every server"},
			{Value: "classic", About: "on one server only, durable"},
		}},
		{Key: "confirms", Default: "on", About: "when a message is sent", Choices: []cluster.Choice{
			{Value: "on", About: "when the server has confirmed that it takes care of it"},
			{Value: "off", About: "when it was written to the connection (AMQP's default)"},
		}},
		{Key: "acknowledge", Default: "manual", About: "when a message is done with", Choices: []cluster.Choice{
			{Value: "manual", About: "when the consumer says so: otherwise it comes again"},
			{Value: "automatic", About: "when the server has sent it"},
		}},
		{Key: "partition-handling", Default: "pause_minority", About: "what servers do that lose sight of each other", Choices: []cluster.Choice{
			{Value: "pause_minority", About: "those in a minority stop serving"},
			{Value: "autoheal", About: "all go on; once they meet, the losing side restarts and forgets"},
			{Value: "ignore", About: "all go on, until somebody restarts them (RabbitMQ's default)"},
		}},
	}
}

// Claims implements cluster.Claimer.
func (Target) Claims() []cluster.Claim {
	kept := map[string]string{"profile": "at-least-once", "order": "none"}
	return []cluster.Claim{
		{Workload: "queue", Promise: "no confirmed message is lost, as long as a majority of servers comes back",
			Page: "https://www.rabbitmq.com/docs/quorum-queues#data-safety", Settings: map[string]string{"queue-type": "quorum"}, Check: kept},
		{Workload: "queue", Promise: "no confirmed message is lost as long as the server that has the queue comes back",
			Page: "https://www.rabbitmq.com/docs/confirms#publisher-confirms", Settings: map[string]string{"queue-type": "classic"}, Check: kept},
	}
}

// Nodes implements cluster.Target.
func (Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	var nodes []cluster.NodeSpec
	for _, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image(cfg),
			Entrypoint: []string{"sh", "-c", server, "server"},
			Env: []string{
				"RABBITMQ_NODENAME=" + erlang(name, name, at),
				"FOLDER=" + at.Data(name),
				"CONFIGURATION=" + configuration(name, cfg, at),
				"DEFINITIONS=" + definitions(cfg),
			},
			Ports: map[string]int{clientPort: clientNumber, peerPort: peerNumber},
		})
	}
	return nodes, nil
}

// erlang is the name under which servers know each other.
func erlang(from, to string, at cluster.Layout) string {
	host, _, _ := strings.Cut(at.Dial(from, to, peerPort), ":")
	return "rabbit@" + host
}

// configuration is the server's file. Partners are missed after ten seconds instead of
// a minute, and limits suit a container instead of a machine; the rest keeps its default.
func configuration(self string, cfg cluster.Config, at cluster.Layout) string {
	lines := []string{
		fmt.Sprint("listeners.tcp.default = ", clientNumber),
		"loopback_users = none",
		"cluster_partition_handling = " + setting(cfg, "partition-handling"),
		"net_ticktime = 10",
		"load_definitions = " + at.Data(self) + "/definitions.json",
		"log.console = true", "log.console.level = warning", "log.file = false",
		"vm_memory_high_watermark.absolute = 400MB", "disk_free_limit.absolute = 100MB",
		"cluster_formation.peer_discovery_backend = rabbit_peer_discovery_classic_config",
	}
	for i, name := range at.Names() {
		lines = append(lines, fmt.Sprintf("cluster_formation.classic_config.nodes.%d = %s", i+1, erlang(self, name, at)))
	}
	return strings.Join(lines, "\n")
}

// definitions are what a new cluster begins with: the user, and the policy that makes
// classic queues mirrored ones.
func definitions(cfg cluster.Config) string {
	type object map[string]any
	all := object{
		"vhosts":      []object{{"name": "/"}},
		"users":       []object{{"name": "guest", "password": "guest", "tags": "administrator"}},
		"permissions": []object{{"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}},
	}
	if setting(cfg, "queue-type") == "mirrored" {
		all["policies"] = []object{{
			"vhost": "/", "name": "mirrors", "pattern": ".*", "apply-to": "queues", "priority": 0,
			"definition": object{"ha-mode": "all", "ha-sync-mode": "automatic"},
		}}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic("rabbitmq: definitions are JSON: " + err.Error())
	}
	return string(text)
}

// image is the one that a user named, otherwise the one that was made on this machine,
// otherwise the published one.
func image(cfg cluster.Config) cluster.Image {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}
	}
	return cluster.Image{
		Reference: "docker.io/library/rabbitmq:3.10",
		Preferred: []string{"assay/rabbitmq:3.10"},
		Advice:    "make one of Debian's packages with: .ci/images rabbitmq, or name another with --image",
	}
}

func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
