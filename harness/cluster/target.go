package cluster

import (
	"context"
	"io"
)

// Target is a system under test: how its nodes start, when it is ready, and how
// a client speaks to it. What it can be tested for follows from the data-type
// interfaces (package workloads) that its clients implement.
type Target interface {
	Name() string
	// About is one line for people.
	About() string
	// Settings are the keys that --set accepts, with their choices.
	Settings() []Setting
	// Nodes describes the cluster's nodes n1..nN, using at for every address and
	// path. Settings have been validated.
	Nodes(cfg Config, at Layout) ([]NodeSpec, error)
	// Ready returns nil as soon as every node is usable by clients, not merely
	// running. It polls until the context ends, and its error then names the
	// node and what was last seen.
	Ready(ctx context.Context, c Cluster, cfg Config) error
	// Dial makes a client that talks to the given node only. It may connect
	// lazily. The client is used by one goroutine at a time.
	Dial(ctx context.Context, node Node, cfg Config) (Client, error)
	// Prototype is a client without a connection, to ask which data-type
	// interfaces clients implement.
	Prototype() Client
}

// Client is a connection to one node. The data-type interfaces of package
// workloads are what it is good for.
type Client interface{ io.Closer }

// Leaders is implemented by targets that can tell who leads. Several nodes may
// claim to; nodes that do not answer are passed over.
type Leaders interface {
	Leaders(ctx context.Context, c Cluster, cfg Config) ([]string, error)
}

// Restricted is implemented by targets whose clients have to refuse a part of what a
// workload does by default.
type Restricted interface {
	// Restrictions are settings of the workload that leave that part out.
	Restrictions(workload string) map[string]string
}

// Config is what a user chose for a target.
type Config struct {
	// Nodes is how many nodes; 0 means 3.
	Nodes int
	// Image overrides the target's image.
	Image string
	// Settings are validated key=value pairs; absent keys mean the default.
	Settings map[string]string
	// Seed is the run's seed, for targets whose nodes draw random numbers.
	Seed int64
	// Workload is the name of what the clients will do; empty if that is open.
	Workload string
	// Keep is a folder of the run for what the programs of clients print; empty if
	// it is not to be kept. Whoever needs it makes it.
	Keep string
}

// Setting is what the user chose for one of a target's settings, or the default. It panics
// if the target has no such setting.
func (cfg Config) Setting(of []Setting, key string) string {
	if value, ok := cfg.Settings[key]; ok {
		return value
	}
	for _, s := range of {
		if s.Key == key {
			return s.Default
		}
	}
	panic("there is no setting " + key)
}

// Setting is a key that a target or workload understands.
type Setting struct {
	Key     string
	About   string
	Default string
	// Choices are the values allowed; none means any text.
	Choices []Choice
	// Harmless says that no value of it takes back anything that is claimed.
	Harmless bool
}

// Choice is a value of a Setting with a line on what it means.
type Choice struct {
	Value, About string
	// Harmless says that it takes back nothing of what is claimed of the default.
	Harmless bool
}

// NodeSpec says how one node is run.
type NodeSpec struct {
	Name string
	// Image is what the docker runtime runs.
	Image Image
	// Entrypoint takes the place of the image's own entry point; empty keeps it.
	// A name without a slash is looked up in the container's PATH, so that it
	// serves images that keep the same program in different folders.
	Entrypoint []string
	// Program is what the local runtime runs: the path of an executable, or
	// empty if the target cannot be run as a child process.
	Program []string
	// Args follow the entry point, or Program.
	Args []string
	Env  []string
	// Ports maps the names of ports to the numbers that processes in a container
	// listen on. Clients reach "client"; nodes reach each other at "peer".
	Ports map[string]int
	// Container is what it needs only where it runs in one.
	Container Container
}

// Image names a container image and, optionally, how to make it when it is not
// there.
type Image struct {
	// Reference is used if the engine has it or can pull it.
	Reference string
	// Preferred are references that are used in place of Reference, the first
	// that the engine has. They are made by hand and never pulled.
	Preferred []string
	// Recipe makes Reference when it is not there; nil means that it is pulled.
	Recipe Recipe
	// Advice says what to do if there is no image, for people: "build it with:
	// assay image build ...".
	Advice string
}

// Versioned is implemented by targets whose images can be made from published
// source, by version.
type Versioned interface {
	// Recipe is how the image of a version ("3.5.17") is made, and the reference
	// that it gets. The error says what a version looks like.
	Recipe(version string) (Image, error)
}

// Recipe makes the files of an image FROM scratch. Build writes them to a
// folder; the builder packs them.
type Recipe interface {
	// Build makes the static Linux executable for the architecture (as in
	// GOARCH) at the path out. Progress lines go to log.
	Build(ctx context.Context, arch, out string, log io.Writer) error
	// Entrypoint is the executable's path in the image, such as /etcd.
	Entrypoint() string
}

// Layout tells a target where things are on the runtime that it will run on.
type Layout interface {
	// Names of the nodes, n1..nN.
	Names() []string
	// Listen is the address that the node's process binds for a port.
	Listen(node, port string) string
	// Dial is the address at which a process of node from reaches the port of
	// node to. All traffic between nodes has to go through it.
	Dial(from, to, port string) string
	// Data is the folder for the node's durable data, as its processes see it.
	Data(node string) string
}

// Options is what a runtime needs to make a cluster.
type Options struct {
	// Run identifies the run that owns the cluster (letters, digits, dashes).
	Run    string
	Target Target
	Config Config
	// Log receives lines on images built and nodes started, for people.
	Log io.Writer
	// Disks asks for nodes whose disks can be broken, if the runtime has any
	// (CanDisk). They are slower than others.
	Disks bool
}

// Starter makes a cluster and starts all its nodes; it does not wait for them
// to be ready. If it fails, nothing is left behind.
type Starter func(ctx context.Context, o Options) (Cluster, error)
