// Package node is the program that a node of the demo runs: the Raft actor in a
// real process, or another one of harness/protocols. It knows nothing of tests;
// harness/targets/demo and harness/targets/protocol start it and speak to it.
package node

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/actor/process"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/protocols/raft"
)

// UntilStdinCloses is the flag that ties a node's life to its standard input, so
// that no node outlives the program that started it.
const UntilStdinCloses = "--until-stdin-closes"

// Exit codes of Main.
const (
	exitStopped = 0
	exitFailed  = 1
	exitUsage   = 2
)

// Main runs a node until SIGTERM or SIGINT, and returns its exit code.
func Main(args []string, stdin io.Reader, _, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitStopped
	case err != nil:
		fmt.Fprintf(stderr, "assay-node: %v\n", err)
		return exitUsage
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if o.untilStdinCloses {
		// Nobody waits for this goroutine: a blocked read cannot be interrupted, it
		// ends with the process.
		go func() {
			_, _ = io.Copy(io.Discard, stdin)
			cancel()
		}()
	}
	if err := o.run(ctx, stderr); err != nil {
		fmt.Fprintf(stderr, "assay-node: %v\n", err)
		return exitFailed
	}
	return exitStopped
}

// options is a command line.
type options struct {
	// protocol is the one that runs in place of Raft, with its settings; nil is Raft.
	protocol                 *protocols.Protocol
	settings                 protocols.Chosen
	id                       string
	peers                    []process.Peer
	listenClient, listenPeer string
	data                     string
	bug                      raft.Bug
	seed                     int64
	untilStdinCloses         bool
}

// run runs the protocol, or Raft.
func (o options) run(ctx context.Context, log io.Writer) error {
	if o.protocol == nil {
		return process.Run(ctx, o.process(log), raft.New(raft.Config{Bug: o.bug}))
	}
	node, err := o.protocol.Service.Make(o.settings)
	if err != nil {
		return err
	}
	return node.Run(ctx, o.process(log))
}

func (o options) process(log io.Writer) process.Config {
	return process.Config{
		Self:         actor.ID(o.id),
		Peers:        o.peers,
		ListenPeer:   o.listenPeer,
		ListenClient: o.listenClient,
		Data:         o.data,
		Seed:         o.seed,
		NoSync:       o.bug == raft.NoFsync,
		NoChecksum:   o.bug == raft.NoChecksum,
		Log:          log,
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("assay-node", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.id, "id", "", "this node's `name`")
	flags.Func("peers", "the other nodes, `name=host:port,...`", func(text string) (err error) {
		o.peers, err = parsePeers(text)
		return err
	})
	flags.StringVar(&o.listenClient, "listen-client", "", "`host:port` for clients")
	flags.StringVar(&o.listenPeer, "listen-peer", "", "`host:port` for other nodes")
	flags.StringVar(&o.data, "data", "", "`folder` for what has to survive")
	flags.Func("bug", "a deliberate mistake, by `name`", func(text string) (err error) {
		o.bug, err = parseBug(text)
		return err
	})
	flags.Func("protocol", "the `name` of another protocol than Raft", func(text string) (err error) {
		o.protocol, err = parseProtocol(text)
		return err
	})
	flags.Func("set", "a setting of the protocol, `key=value`", o.parseSetting)
	flags.Int64Var(&o.seed, "seed", 0, "`number` that all random choices follow from")
	flags.BoolVar(&o.untilStdinCloses, strings.TrimLeft(UntilStdinCloses, "-"), false, "stop when standard input ends")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	return o, o.check(flags.Args())
}

func (o options) check(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	for _, required := range []struct{ name, value string }{
		{"id", o.id}, {"listen-client", o.listenClient}, {"listen-peer", o.listenPeer}, {"data", o.data},
	} {
		if required.value == "" {
			return fmt.Errorf("--%s is missing", required.name)
		}
	}
	if err := o.checkSettings(); err != nil {
		return err
	}
	if slices.ContainsFunc(o.peers, func(p process.Peer) bool { return string(p.ID) == o.id }) {
		return fmt.Errorf("--peers names this node itself, %s", o.id)
	}
	return nil
}

func parsePeers(text string) ([]process.Peer, error) {
	if text == "" {
		return nil, nil
	}
	var peers []process.Peer
	for _, one := range strings.Split(text, ",") {
		name, address, ok := strings.Cut(one, "=")
		if !ok || name == "" || address == "" {
			return nil, fmt.Errorf("%q is not name=host:port", one)
		}
		if slices.ContainsFunc(peers, func(p process.Peer) bool { return string(p.ID) == name }) {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		peers = append(peers, process.Peer{ID: actor.ID(name), Addr: address})
	}
	return peers, nil
}

func parseProtocol(text string) (*protocols.Protocol, error) {
	p, err := protocols.Find(text)
	switch {
	case err != nil:
		return nil, err
	case p.Service == nil:
		return nil, fmt.Errorf("%s offers no service", text)
	}
	return &p, nil
}

func (o *options) parseSetting(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not key=value", text)
	}
	if o.settings == nil {
		o.settings = make(protocols.Chosen)
	}
	o.settings[key] = value
	return nil
}

func (o options) checkSettings() error {
	switch {
	case o.protocol != nil:
		return o.protocol.Check(o.settings)
	case len(o.settings) > 0:
		return errors.New("--set is for a --protocol")
	}
	return nil
}

// parseBug accepts "none" too.
func parseBug(text string) (raft.Bug, error) {
	if text == "none" || text == "" {
		return "", nil
	}
	names := []string{"none"}
	for _, m := range raft.Mistakes() {
		if string(m.Bug) == text {
			return m.Bug, nil
		}
		names = append(names, string(m.Bug))
	}
	return "", fmt.Errorf("choose one of %s", strings.Join(names, ", "))
}
