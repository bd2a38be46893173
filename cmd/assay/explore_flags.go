package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/sim/explore"
	"github.com/assaykit/assay/results"
)

// exploreFlags are those of explore. What was not given is the protocol's own choice.
type exploreFlags struct {
	set                                  []string
	nodes, clients                       int
	network                              string
	lossy, symmetry                      bool
	drops, duplicates, crashes, restarts string
	timeouts, partitions                 string
	search                               string
	workers, limit, depth                int
	memory                               string
	exhaust, exact, json, quiet          bool
	results                              string
}

func (f *exploreFlags) declare(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.set, "set", nil, "key=value, a setting of the protocol; may be repeated")
	flags.IntVar(&f.nodes, "nodes", 0, "how many nodes (default: the protocol's)")
	flags.IntVar(&f.clients, "clients", 0, "how many clients (default: the protocol's)")
	flags.StringVar(&f.network, "network", "", "what becomes of messages: unordered, duplicating or ordered (default: the protocol's)")
	flags.BoolVar(&f.lossy, "lossy", false, "any message may be lost")
	flags.StringVar(&f.drops, "drops", "", "how many messages may be lost, a number or unlimited")
	flags.StringVar(&f.duplicates, "duplicates", "", "how often a message may be delivered once more")
	flags.StringVar(&f.crashes, "crashes", "", "how often a node may crash, a number or unlimited")
	flags.StringVar(&f.restarts, "restarts", "", "how often a crashed node may start again (default: as often as it may crash)")
	flags.StringVar(&f.timeouts, "timeouts", "", "how many timers may fire, a number or unlimited")
	flags.StringVar(&f.partitions, "partitions", "", "how often the nodes may be cut into two sides")
	flags.StringVar(&f.search, "search", "bfs", "the order of visiting states: bfs finds shortest runs, dfs takes less memory")
	flags.IntVar(&f.workers, "workers", 0, "how many goroutines search (default: one for each processor)")
	flags.IntVar(&f.limit, "limit", 0, "end after so many states; 0 is no limit")
	flags.StringVar(&f.memory, "memory", "2GiB", "end when the process takes so much memory; 0 is no limit")
	flags.IntVar(&f.depth, "depth", 0, "visit no states behind this depth; 0 is no bound (default: the protocol's)")
	flags.BoolVar(&f.symmetry, "symmetry", false, "take for one what differs in the names of nodes only, where a protocol has nodes that are alike")
	flags.BoolVar(&f.exhaust, "exhaust", false, "go on after a violation, until all states were visited")
	flags.BoolVar(&f.exact, "exact", false, "compare states and not fingerprints, in several times the memory")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	flags.StringVar(&f.results, "results", "results", "`folder` for runs that violate a property")
}

// change makes of a protocol's setup what the user wants.
func (f *exploreFlags) change(flags *pflag.FlagSet, s *protocols.Setup) error {
	for name, n := range map[string]int{"nodes": f.nodes, "clients": f.clients, "depth": f.depth, "limit": f.limit, "workers": f.workers} {
		if n < 0 {
			return exit.Misuse("--%s %d: must not be negative", name, n)
		}
	}
	if flags.Changed("nodes") {
		s.Nodes = f.nodes
	}
	if flags.Changed("clients") {
		s.Clients = f.clients
	}
	if flags.Changed("depth") {
		s.Depth = f.depth
	}
	s.Lossy = s.Lossy || f.lossy
	s.Symmetry = f.symmetry
	if err := f.changeNetwork(s); err != nil {
		return err
	}
	return f.changeBudgets(s)
}

func (f *exploreFlags) changeNetwork(s *protocols.Setup) error {
	if f.network == "" {
		return nil
	}
	var names []string
	for _, n := range []explore.Network{explore.Unordered, explore.Duplicating, explore.Ordered} {
		if n.String() == f.network {
			s.Network = n
			return nil
		}
		names = append(names, n.String())
	}
	return exit.Misuse("--network %s: %s", f.network, suggest.Unknown("network", f.network, names))
}

func (f *exploreFlags) changeBudgets(s *protocols.Setup) error {
	for _, b := range []struct {
		name, text string
		budget     *int
	}{
		{"drops", f.drops, &s.Faults.Drops}, {"duplicates", f.duplicates, &s.Faults.Duplicates},
		{"crashes", f.crashes, &s.Faults.Crashes}, {"partitions", f.partitions, &s.Faults.Partitions},
		{"timeouts", f.timeouts, &s.Timeouts}, {"restarts", f.restarts, &s.Faults.Restarts},
	} {
		if b.text == "" {
			continue
		}
		n, err := budget(b.name, b.text)
		if err != nil {
			return err
		}
		*b.budget = n
		if b.name == "crashes" && f.restarts == "" {
			s.Faults.Restarts = n
		}
	}
	// A System takes no timeouts at all for any number.
	if f.timeouts != "" && s.Timeouts == 0 {
		s.Timeouts = explore.Never
	}
	if s.Network == explore.Duplicating && s.Faults.Duplicates != 0 {
		return exit.Misuse("--duplicates: a duplicating network delivers messages as often as it likes; leave it out, or choose another --network")
	}
	return nil
}

func budget(name, text string) (int, error) {
	if text == "unlimited" {
		return explore.Unlimited, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1000 {
		return 0, exit.Misuse("--%s %s: give a number from 0 to 1000, or unlimited", name, text)
	}
	return n, nil
}

// options say how to search.
func (f *exploreFlags) options(s protocols.Setup) (explore.Options, error) {
	o := explore.Options{
		Workers: f.workers, MaxStates: f.limit, MaxDepth: s.Depth, Exhaust: f.exhaust, Exact: f.exact,
	}
	switch f.search {
	case "bfs":
	case "dfs":
		o.Search = explore.DepthFirst
	default:
		return o, exit.Misuse("--search %s: %s", f.search, suggest.Unknown("search", f.search, []string{"bfs", "dfs"}))
	}
	var err error
	o.MaxMemory, err = memory(f.memory)
	return o, err
}

// memory is a number of bytes with a unit.
func memory(text string) (int, error) {
	number, unit := text, 1.0
	for _, u := range []struct {
		suffix string
		bytes  float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(text, u.suffix); ok {
			number, unit = rest, u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || n*unit > math.MaxInt64/2 || math.IsNaN(n) {
		return 0, exit.Misuse("--memory %s: give a size such as 512MiB or 4GiB", text)
	}
	return int(n * unit), nil
}

// repeated are the flags that were given, but for those that say only where and how
// the result is shown.
func (f *exploreFlags) repeated(flags *pflag.FlagSet) string {
	var words []string
	flags.Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "json", "quiet", "results", "set":
		default:
			words = append(words, "--"+flag.Name+"="+flag.Value.String())
		}
	})
	for _, pair := range f.set {
		words = append(words, "--set "+results.Command(pair))
	}
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}
