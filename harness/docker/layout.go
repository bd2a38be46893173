package docker

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// dataFolder is where a volume is mounted in every node, which is faster and
	// more like a disk than the container's own layers.
	dataFolder = "/data"
	// peerPort is the name of the port at which nodes reach each other. It is
	// the only one that is not published.
	peerPort     = "peer"
	defaultNodes = 3
)

// layout is a cluster.Layout of containers: every node has an address of its
// own, and its peers know it by name.
type layout struct {
	names []string
	ports map[string]map[string]int
	// unknown collects ports that were asked for but that no node has.
	unknown map[string]bool
}

// describe asks a target for its nodes. It asks twice, because the addresses
// that the target asks the layout for contain the ports that it returns.
func describe(t cluster.Target, cfg cluster.Config) ([]cluster.NodeSpec, error) {
	l := &layout{ports: map[string]map[string]int{}}
	var err error
	if l.names, err = namesOf(t, cfg); err != nil {
		return nil, fmt.Errorf("name the nodes of %s: %w", t.Name(), err)
	}
	draft, err := t.Nodes(cfg, l)
	if err != nil {
		return nil, fmt.Errorf("describe the nodes of %s: %w", t.Name(), err)
	}
	for _, spec := range draft {
		l.ports[spec.Name] = spec.Ports
	}
	l.unknown = map[string]bool{}
	specs, err := t.Nodes(cfg, l)
	if err != nil {
		return nil, fmt.Errorf("describe the nodes of %s: %w", t.Name(), err)
	}
	if len(l.unknown) > 0 {
		return nil, fmt.Errorf("describe the nodes of %s: it uses ports that it does not list: %v",
			t.Name(), slices.Sorted(maps.Keys(l.unknown)))
	}
	return specs, nil
}

func namesOf(t cluster.Target, cfg cluster.Config) ([]string, error) {
	if named, ok := t.(cluster.Named); ok {
		return named.NodeNames(cfg)
	}
	return names(cfg.Nodes), nil
}

func names(n int) []string {
	if n == 0 {
		n = defaultNodes
	}
	var all []string
	for i := range n {
		all = append(all, "n"+strconv.Itoa(i+1))
	}
	return all
}

func (l *layout) Names() []string { return slices.Clone(l.names) }

func (l *layout) Listen(node, port string) string {
	return "0.0.0.0:" + l.number(node, port)
}

func (l *layout) Dial(_, to, port string) string {
	return to + ":" + l.number(to, port)
}

func (l *layout) Data(string) string { return dataFolder }

func (l *layout) number(node, port string) string {
	number, known := l.ports[node][port]
	if !known && l.unknown != nil {
		l.unknown[node+" "+port] = true
	}
	return strconv.Itoa(number)
}
