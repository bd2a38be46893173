//go:build unix

// Package maelstrom tests node programs that speak Maelstrom's protocol
// (github.com/jepsen-io/maelstrom, doc/protocol.md): lines of JSON on standard input and
// output, each a message {src, dest, body}. The programs are child processes; the network
// between them is in this process, which delays, loses, doubles and reorders messages and
// cuts nodes off; so are the services lin-kv, seq-kv, lww-kv and lin-tso.
//
// The workloads are Maelstrom's, judged by Assay's checkers. Keys are numbers, as
// Maelstrom's are. A program that is killed begins anew with an init message. Nothing
// happens in virtual time: the same seed gives the same operations and faults, but not the
// same run.
package maelstrom

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/lines"
)

const (
	defaultNodes = 3

	binSetting     = "bin"
	latencySetting = "latency"
)

// kind is one of Maelstrom's workloads.
type kind struct {
	// name is Maelstrom's, workload ours, with its settings.
	name, workload string
	settings       []string
	// types are the data types that its nodes offer.
	types []string
	// topology says that nodes are told who their neighbours are.
	topology bool
}

// kinds are the workloads that there are.
func kinds() []kind {
	return []kind{
		{name: "echo", workload: "echo", types: []string{"Echo"}},
		{name: "unique-ids", workload: "unique-ids", types: []string{"Identifiers"}},
		{name: "broadcast", workload: "set", settings: []string{"promise=eventual", "sets=1", "ops-per-set=10000"}, types: []string{"Set"}, topology: true},
		{name: "g-counter", workload: "counter", settings: []string{"promise=eventual", "counters=1", "ops-per-counter=1000000"}, types: []string{"Counter"}},
		{name: "kafka", workload: "log", types: []string{"Log", "ConsumerGroup"}},
		{name: "lin-kv", workload: "register", types: []string{"Register"}},
		{name: "txn-list-append", workload: "append", types: []string{"ListTransactions"}},
		{name: "txn-rw-register", workload: "wr", types: []string{"RegisterTransactions"}},
	}
}

// Target is a node program. Its zero value has none, and is there to be tailored.
type Target struct {
	program []string
	kind    kind
	latency time.Duration
}

var (
	_ cluster.Target  = Target{}
	_ cluster.Tailor  = Target{}
	_ cluster.Dialect = Target{}
	_ cluster.Host    = Target{}
)

// New is the target.
func New() Target { return Target{} }

// Name implements cluster.Target.
func (Target) Name() string { return "maelstrom" }

// About implements cluster.Target.
func (Target) About() string {
	return "a node program of your own that speaks Maelstrom's protocol: --bin PROGRAM --workload " + strings.Join(names(), "|")
}

func names() []string {
	var all []string
	for _, k := range kinds() {
		all = append(all, k.name)
	}
	return all
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	return []cluster.Setting{
		{Key: binSetting, About: "the program of a node, with its arguments (--bin)"},
		{Key: latencySetting, Default: "0s", About: "how long a message takes on average, as in 20ms (exponentially distributed)"},
	}
}

// Tailored implements cluster.Tailor. A workload may bear Maelstrom's name or ours.
func (Target) Tailored(_ context.Context, cfg cluster.Config) (cluster.Target, error) {
	var t Target
	if cfg.Image != "" {
		return nil, errors.New("--image: nodes are programs, not containers")
	}
	if err := t.chooseKind(cfg.Workload); err != nil {
		return nil, err
	}
	if text := cfg.Settings[latencySetting]; text != "" {
		var err error
		if t.latency, err = time.ParseDuration(text); err != nil || t.latency < 0 || t.latency > 10*time.Second {
			return nil, fmt.Errorf("setting latency=%s: has to be a duration from 0s to 10s, as in 20ms", text)
		}
	}
	return t, t.chooseProgram(cfg.Settings[binSetting])
}

func (t *Target) chooseKind(workload string) error {
	for _, k := range kinds() {
		if workload == k.name || workload == k.workload {
			t.kind = k
			return nil
		}
	}
	if workload == "" {
		return fmt.Errorf("which workload is the program made for? Say --workload %s", strings.Join(names(), "|"))
	}
	return fmt.Errorf("no workload %q: Maelstrom has %s", workload, strings.Join(names(), ", "))
}

func (t *Target) chooseProgram(text string) (err error) {
	if text == "" {
		return errors.New("which program is a node? Say --bin ./node")
	}
	if t.program, err = lines.Words(text); err != nil {
		return fmt.Errorf("--bin %s: %w", text, err)
	}
	if _, err := exec.LookPath(t.program[0]); err != nil {
		return fmt.Errorf("--bin %s: %w", text, err)
	}
	return nil
}

// Workload implements cluster.Dialect.
func (t Target) Workload() (name string, settings []string) { return t.kind.workload, t.kind.settings }

// Nodes implements cluster.Target.
func (t Target) Nodes(_ cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	var specs []cluster.NodeSpec
	for _, name := range at.Names() {
		specs = append(specs, cluster.NodeSpec{Name: name, Program: t.program})
	}
	return specs, nil
}

// Start implements cluster.Host.
func (t Target) Start(ctx context.Context, o cluster.Options) (cluster.Cluster, error) {
	c, err := start(ctx, t, o)
	if err != nil {
		return nil, err // not a nil *Cluster in an interface
	}
	return c, nil
}

// Place implements cluster.Host.
func (Target) Place() string {
	return "child processes, and between them a network of messages in this one"
}

// Ready implements cluster.Target: every node has answered its first messages.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	for _, n := range c.Nodes() {
		if err := await(ctx, n.(*Node)); err != nil {
			return err
		}
	}
	return nil
}

func await(ctx context.Context, n *Node) error {
	for {
		err := n.isReady()
		if err == nil {
			return nil
		}
		if !n.lives() {
			return fmt.Errorf("%s is not ready: %w", n.name, err)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w: %w", n.name, context.Cause(ctx), err)
		}
	}
}

// Dial implements cluster.Target.
func (t Target) Dial(_ context.Context, node cluster.Node, _ cluster.Config) (cluster.Client, error) {
	n, ok := node.(*Node)
	if !ok {
		return nil, errors.New("the node speaks no Maelstrom")
	}
	return &client{kind: t.kind, cluster: n.cluster, node: n, asker: n.cluster.newAsker()}, nil
}

// Prototype implements cluster.Target. Without a workload it is of every kind.
func (t Target) Prototype() cluster.Client {
	if t.kind.name == "" {
		for _, k := range kinds() {
			t.kind.types = append(t.kind.types, k.types...)
		}
	}
	return &client{kind: t.kind}
}
