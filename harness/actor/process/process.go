// Package process makes a pure actor a real process: messages travel over TCP,
// clients speak HTTP, and what the actor persisted is in a write-ahead log on
// disk before any send or reply of the same reaction leaves. It promises the
// actor no more than actor.Actor does (messages may be lost), and it never
// shortens the log: it is made for runs of minutes.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/assaykit/assay/harness/actor"
)

// Config says who a node is and where it lives. The zero values of the
// switches are the safe ones.
type Config struct {
	Self actor.ID
	// Peers are the other nodes; an entry for Self is passed over.
	Peers []Peer
	// ListenPeer and ListenClient are the host:port that other nodes and clients
	// connect to.
	ListenPeer, ListenClient string
	// Data is the folder of the write-ahead log. It is created if need be.
	Data string
	// Seed makes Context.Choose repeatable, together with Self and the number of
	// records found at the start.
	Seed int64
	// NoSync models the mistake of acknowledging before data is on disk: records
	// are collected in memory, written about once a second and never synced.
	NoSync bool
	// NoChecksum models the mistake of trusting the transport: messages carry no
	// checksum, so that changed bytes reach the actor. All nodes have to agree.
	NoChecksum bool
	// StopWithStdin makes the end of the standard input a reason to stop, so that
	// a child dies with its parent where the kernel does not see to that.
	StopWithStdin bool
	// Log receives lines for people; nil means none.
	Log io.Writer
}

// Peer is another node and the address at which this node reaches it.
type Peer struct {
	ID   actor.ID
	Addr string
}

// Run runs the actor until the context ends, SIGTERM or SIGINT arrives or
// standard input ends (see Config), and then returns nil. An error is final: a
// log that cannot be opened, written or synced, or an address in use. After a
// failed sync nobody knows what is on disk, therefore it is never tried again.
func Run[S, M any](ctx context.Context, cfg Config, a actor.Actor[S, M]) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	if cfg.StopWithStdin {
		// Nobody waits for this goroutine: a blocked read of a terminal or a pipe
		// cannot be interrupted, it ends with the process.
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	out, err := open(cfg)
	if err != nil {
		return fmt.Errorf("node %s: %w", cfg.Self, err)
	}
	if err := run(ctx, cfg, a, out); err != nil {
		return fmt.Errorf("node %s: %w", cfg.Self, err)
	}
	return nil
}

// outside is what a node owns of the outside world.
type outside struct {
	journal journal
	// durable are the records that the journal held at the start.
	durable       [][]byte
	peers, client net.Listener
	log           *log.Logger
}

// open acquires the outside world, or nothing.
func open(cfg Config) (out outside, err error) {
	out.log = logger(cfg)
	defer func() {
		if err != nil {
			out.close()
		}
	}()
	if out.peers, err = net.Listen("tcp", cfg.ListenPeer); err != nil {
		return out, fmt.Errorf("listen for peers: %w", err)
	}
	if out.client, err = net.Listen("tcp", cfg.ListenClient); err != nil {
		return out, fmt.Errorf("listen for clients: %w", err)
	}
	out.journal, out.durable, err = openJournal(cfg, out.log)
	return out, err
}

func openJournal(cfg Config, log *log.Logger) (journal, [][]byte, error) {
	w, durable, err := openLog(cfg.Data, log)
	if err != nil {
		return nil, nil, err
	}
	if cfg.NoSync {
		return newForgetful(w), durable, nil
	}
	return w, durable, nil
}

func logger(cfg Config) *log.Logger {
	out := cfg.Log
	if out == nil {
		out = io.Discard
	}
	return log.New(out, string(cfg.Self)+" ", log.LUTC|log.Ldate|log.Lmicroseconds|log.Lmsgprefix)
}

func (out outside) close() error {
	var errs []error
	if out.peers != nil {
		errs = append(errs, unlessClosed(out.peers.Close()))
	}
	if out.client != nil {
		errs = append(errs, unlessClosed(out.client.Close()))
	}
	if out.journal != nil {
		errs = append(errs, out.journal.Close())
	}
	return errors.Join(errs...)
}

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// run lets the actor live in the given outside, which it closes at the end.
func run[S, M any](ctx context.Context, cfg Config, a actor.Actor[S, M], out outside) (err error) {
	defer func() { err = errors.Join(err, out.close()) }()
	clients := newClients(out.client, out.log)
	n, links := assemble(cfg, a, out, clients)
	if err := n.start(out.durable); err != nil {
		return err
	}
	out.log.Printf("started with %d durable records, peers on %s, clients on %s",
		len(out.durable), out.peers.Addr(), out.client.Addr())

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.run(ctx) })
	for _, l := range links {
		group.Go(func() error { return l.run(ctx) })
	}
	hub := &hub{listener: out.peers, codec: codecFor(cfg), deliver: n.deliver, log: out.log}
	group.Go(func() error { return hub.run(ctx) })
	group.Go(func() error { return clients.run(ctx, n.request) })
	err = group.Wait()
	out.log.Printf("stopped: %v", err)
	return err
}

// runner is a part of the process with a life of its own.
type runner interface {
	sender
	run(ctx context.Context) error
}

// assemble makes the node and its way to every node, itself included.
func assemble[S, M any](cfg Config, a actor.Actor[S, M], out outside, clients *clients) (*node[S, M], []runner) {
	n := newNode(cfg, a, out, clients)
	var links []runner
	for _, p := range cfg.Peers {
		if p.ID == cfg.Self {
			continue
		}
		l := newLink(p, codecFor(cfg), out.log)
		n.routes[p.ID] = l
		n.context.peers = append(n.context.peers, p.ID)
		links = append(links, l)
	}
	own := &loopback{queue: make(chan []byte, queueLength), deliver: n.deliver}
	n.routes[cfg.Self] = own
	return n, append(links, own)
}
