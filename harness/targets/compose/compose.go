// Package compose puts services of the user's own to the proof: the services of a compose
// file become the nodes of a cluster, and a program in any language (harness/client),
// or a file that says which HTTP request is which operation, is their client.
//
// An extension x-assay in the file, at its top for all services or in a service for that
// one, says what a compose file leaves open:
//
//	x-assay:
//	  nodes: [db1, db2]    # which services are tested; others run beside them unbroken (all)
//	  port: 8080           # which port clients use (the first one published or exposed)
//	  ready: tcp           # how a node is known to be usable: health, tcp, or
//	                       # {http: /health, status: 200, port: 8081} (its health check, or else tcp)
//	  data: /var/lib/db    # the folder of durable data, whose disk can fail (its first volume)
//
// In a service, node: false takes the place of nodes, and once: true says that it does
// something and ends, as what sets a cluster up does: the cluster is there when it has
// ended well. A service that another waits for by service_completed_successfully is one.
//
// What a file asks for and does not get is refused with its file and line; what makes no
// difference here (restart, logging, ...) is passed over. Volumes belong to one node each
// and go with the cluster; read-only binds, configurations and secrets are copied.
//
// All are on one network, and known to each other by their services' names, host names,
// names of containers, and the aliases of networks and links. It needs containers.
package compose

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/client/mapping"
	"github.com/assaykit/assay/harness/client/program"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/lines"
)

// The settings, for which 'assay test' has flags of the same names.
const (
	fileSetting   = "file"
	clientSetting = "client"
)

// Target is a compose file with a client. Its zero value has neither, and is there to be
// tailored.
type Target struct {
	plan *plan
	// callers makes callers for nodes, offered says what they can do.
	callers callers
	offered []string
}

// callers makes callers, whatever the client is.
type callers func(node cluster.Node, cfg cluster.Config) client.Caller

var (
	_ cluster.Target = Target{}
	_ cluster.Named  = Target{}
	_ cluster.Tailor = Target{}
)

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "compose" }

// About implements cluster.Target.
func (Target) About() string {
	return "your own service: --file docker-compose.yml --client PROGRAM or --client http:mapping.yaml"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: fileSetting, Default: "docker-compose.yml", About: "the compose file whose services are the nodes (--file)"},
		{Key: clientSetting, About: "the client: a program with its arguments, or http:FILE that maps operations to requests (--client)"},
	}
}

// Tailored implements cluster.Tailor: it reads the file, and asks the client what it can
// do.
func (Target) Tailored(ctx context.Context, cfg cluster.Config) (cluster.Target, error) {
	t := Target{}
	if cfg.Image != "" {
		return nil, errors.New("--image: the compose file names the images")
	}
	file := cfg.Settings[fileSetting]
	if file == "" {
		file = "docker-compose.yml"
	}
	var err error
	if t.plan, err = read(ctx, file); err != nil {
		return nil, err
	}
	if cfg.Settings[clientSetting] == "" {
		return nil, errors.New("who speaks to the service? Name a program by --client ./client, or a mapping by --client http:mapping.yaml; 'assay client check' tries a program")
	}
	t.callers, t.offered, err = clientOf(ctx, cfg.Settings[clientSetting])
	return t, err
}

// clientOf finds out about a client.
func clientOf(ctx context.Context, text string) (callers, []string, error) {
	if path, isMapping := strings.CutPrefix(text, "http:"); isMapping {
		m, err := mapping.Load(path)
		if err != nil {
			return nil, nil, err
		}
		return func(node cluster.Node, _ cluster.Config) client.Caller { return m.Caller(node.Addr(clientPort)) }, m.Operations(), nil
	}
	command, err := lines.Words(text)
	if err != nil {
		return nil, nil, fmt.Errorf("--client %s: %w", text, err)
	}
	offered, err := program.Offers(ctx, command)
	if err != nil {
		return nil, nil, err
	}
	return func(node cluster.Node, cfg cluster.Config) client.Caller {
		address := node.Addr(clientPort)
		return program.New(program.Config{
			Command: command, Operations: offered, Journal: program.Journal(cfg.Keep, node.Name()),
			Hello: program.Hello{
				Node: node.Name(), Address: address, Workload: cfg.Workload, Ports: map[string]string{clientPort: address},
			},
		})
	}, offered, nil
}

// NodeNames implements cluster.Named.
func (t Target) NodeNames(cfg cluster.Config) ([]string, error) {
	if t.plan == nil {
		return nil, errors.New("no compose file was read")
	}
	names := t.plan.names()
	if cfg.Nodes != 0 && cfg.Nodes != len(names) {
		return nil, fmt.Errorf("there cannot be %d nodes: the compose file has %d, %s", cfg.Nodes, len(names), strings.Join(names, ", "))
	}
	return names, nil
}

// Nodes implements cluster.Target. The addresses are those of the compose file.
func (t Target) Nodes(cluster.Config, cluster.Layout) ([]cluster.NodeSpec, error) {
	if t.plan == nil {
		return nil, errors.New("no compose file was read")
	}
	return t.plan.specs, nil
}

// Dial implements cluster.Target. Nothing is started or connected before the first
// operation.
func (t Target) Dial(_ context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	return client.New(t.callers(node, cfg)), nil
}

// Prototype implements cluster.Target. Without a client it can do everything.
func (t Target) Prototype() cluster.Client {
	offered := t.offered
	if offered == nil {
		offered = client.Names()
	}
	return client.New(prototype(offered))
}
