// Package consul puts Consul to the proof: registers, sets and locks on a cluster of
// real servers in containers, each client tied to one server. An operation is reported
// as failed only if it certainly had no effect; everything in doubt is reported as
// unknown.
//
// Consul has three kinds of reads. By default a leader answers from what it has, as long
// as it believes that it leads; a consistent read has a majority confirm that; and a
// stale one is answered by whichever server is asked.
//
// It does not try the catalogue of services, access control or federation, and it needs
// containers.
package consul

import (
	"fmt"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	clientPort   = "client"
	clientNumber = 8500
)

// Target is Consul. It implements cluster.Target, cluster.Leaders and cluster.Claimer.
type Target struct{}

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "consul" }

// About implements cluster.Target.
func (Target) About() string {
	return "Consul, a key-value store and locks on Raft; real servers in containers (register, set, lock)"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: "reads", Default: "consistent", About: "what a read promises", Choices: []cluster.Choice{
			{Value: "consistent", About: "the latest value: the leader makes sure that it still leads"},
			{Value: "default", About: "what the leader has, which may no longer be the leader (Consul's default)"},
			{Value: "stale", About: "whatever the asked server has"},
		}},
		{Key: "lock-delay", Default: "15s", About: "how long nobody else gets a lock that its holder did not release", Choices: []cluster.Choice{
			{Value: "15s", About: "time for a holder that does not know (Consul's default)"},
			{Value: "0s", About: "none"},
		}},
	}
}

// Claims implements cluster.Claimer.
func (Target) Claims() []cluster.Claim {
	const modes = "https://developer.hashicorp.com/consul/api-docs/features/consistency"
	return []cluster.Claim{
		{Workload: "register", Promise: "linearizable", Page: modes, Settings: map[string]string{"reads": "consistent"}},
		{Workload: "set", Promise: "linearizable", Page: modes, Settings: map[string]string{"reads": "consistent"}},
		{Workload: "lock", Promise: "held by one session at a time",
			Page: "https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions"},
	}
}

// Nodes implements cluster.Target. Raft's timing is that which Consul recommends for
// production.
func (Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	var nodes []cluster.NodeSpec
	for _, name := range at.Names() {
		nodes = append(nodes, cluster.NodeSpec{
			Name:       name,
			Image:      image(cfg),
			Entrypoint: []string{"consul"},
			Args:       arguments(name, at),
			Ports:      map[string]int{clientPort: clientNumber},
		})
	}
	return nodes, nil
}

// arguments are the server's. A server that comes back may have another address, by
// which the others find it again.
func arguments(self string, at cluster.Layout) []string {
	args := []string{
		"agent", "-server",
		fmt.Sprint("-bootstrap-expect=", len(at.Names())),
		"-node=" + self,
		"-data-dir=" + at.Data(self),
		"-bind=0.0.0.0",
		`-advertise={{ GetInterfaceIP "eth0" }}`,
		"-client=0.0.0.0",
		"-retry-interval=1s",
		"-log-level=warn",
		"-disable-host-node-id",
		"-hcl=performance { raft_multiplier = 1 }",
		"-hcl=leave_on_terminate = false",
	}
	for _, name := range at.Names() {
		args = append(args, "-retry-join="+name)
	}
	return args
}

// image is the one that a user named, otherwise the one that was made on this machine,
// otherwise the published one.
func image(cfg cluster.Config) cluster.Image {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}
	}
	return cluster.Image{
		Reference: "docker.io/library/consul:1.8",
		Preferred: []string{"assay/consul:1.8"},
		Advice:    "make one of Debian's packages with: .ci/images consul, or name another with --image",
	}
}

func setting(cfg cluster.Config, key string) string { return cfg.Setting(Target{}.Settings(), key) }
