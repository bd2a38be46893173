package process

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// scripted is an actor whose requests are functions: each test says what its
// reactions are.
type scripted struct {
	reaction map[string]func(c actor.Context[string])
}

func (scripted) Start(actor.Context[string], [][]byte) []string { return nil }

func (a scripted) Receive(_ actor.Context[string], seen *[]string, from actor.ID, m string) {
	*seen = append(*seen, fmt.Sprintf("%s from %s", m, from))
}

func (a scripted) Timer(c actor.Context[string], seen *[]string, name string) {
	*seen = append(*seen, "timer "+name)
}

func (a scripted) Request(c actor.Context[string], seen *[]string, _ uint64, body []byte) {
	*seen = append(*seen, "request "+string(body))
	a.reaction[string(body)](c)
}

// observer is journal, route and clients of a node, and notes what it sees.
type observer struct {
	seen    []string
	failing error
}

func (o *observer) note(format string, a ...any) { o.seen = append(o.seen, fmt.Sprintf(format, a...)) }

func (o *observer) Append(record []byte) error        { o.note("append %s", record); return nil }
func (o *observer) Commit() error                     { o.note("commit"); return o.failing }
func (o *observer) Close() error                      { return nil }
func (o *observer) send(payload []byte)               { o.note("send %s", payload) }
func (o *observer) reply(request uint64, body []byte) { o.note("reply %d %s", request, body) }

func observed(reaction map[string]func(c actor.Context[string])) (*node[[]string, string], *observer) {
	o := &observer{}
	n := newNode(Config{Self: "n1"}, actor.Actor[[]string, string](scripted{reaction}), outside{journal: o, log: quiet()}, o)
	n.routes["n2"] = o
	return n, o
}

func (n *node[S, M]) ask(t *testing.T, id uint64, body string) {
	t.Helper()
	if err := n.request(t.Context(), id, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	n, o := observed(map[string]func(actor.Context[string]){
		"write": func(c actor.Context[string]) {
			c.Reply(1, []byte("early in the code"))
			c.Send("n2", "hello")
			c.Persist([]byte("a"))
			c.Persist([]byte("b"))
		},
		"read": func(c actor.Context[string]) { c.Reply(2, []byte("last")) },
	})
	n.ask(t, 1, "write")
	n.ask(t, 2, "read")
	n.drain()
	if len(o.seen) > 0 {
		t.Errorf("seen before the commit: %q", o.seen)
	}
	if err := n.commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, "seen", o.seen, []string{
		"append a", "append b", "commit",
		"reply 1 early in the code", `send {"from":"n1","message":"hello"}`, "reply 2 last",
	}, same)
}

func TestReactionsThatPersistNothingDoNotSync(t *testing.T) {
	n, o := observed(map[string]func(actor.Context[string]){
		"read": func(c actor.Context[string]) { c.Reply(1, []byte("x")) },
	})
	n.ask(t, 1, "read")
	n.drain()
	if err := n.commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, "seen", o.seen, []string{"reply 1 x"}, same)
}

func TestNothingLeavesAfterAFailedCommit(t *testing.T) {
	n, o := observed(map[string]func(actor.Context[string]){
		"write": func(c actor.Context[string]) {
			c.Persist([]byte("a"))
			c.Reply(1, nil)
		},
	})
	o.failing = errors.New("input/output error")
	n.ask(t, 1, "write")
	n.drain()
	if err := n.commit(); !errors.Is(err, o.failing) {
		t.Errorf("got error %v, want %v", err, o.failing)
	}
	expect(t, "seen", o.seen, []string{"append a", "commit"}, same)
}

// gate is a journal whose commits wait to be let through.
type gate struct {
	observer
	entered, open chan struct{}
}

func (g *gate) Commit() error {
	g.entered <- struct{}{}
	<-g.open
	return g.observer.Commit()
}

func TestOneSyncServesAllRequestsThatWaited(t *testing.T) {
	n, o := observed(map[string]func(actor.Context[string]){
		"write": func(c actor.Context[string]) { c.Persist([]byte("a")); c.Reply(1, nil) },
	})
	g := &gate{entered: make(chan struct{}), open: make(chan struct{})}
	n.journal = g
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- n.run(ctx) }()
	n.ask(t, 1, "write")
	<-g.entered
	for range 50 {
		n.ask(t, 1, "write")
	}
	g.open <- struct{}{}
	<-g.entered
	g.open <- struct{}{}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	commits := 0
	for _, seen := range g.seen {
		if seen == "commit" {
			commits++
		}
	}
	if commits != 2 || len(o.seen) != 51 {
		t.Errorf("%d commits and %d replies for 51 requests, want 2 and 51", commits, len(o.seen))
	}
}

func TestEffectsAreThoseOfTheMomentTheyWereAskedFor(t *testing.T) {
	buffer := []byte("first")
	n, o := observed(map[string]func(actor.Context[string]){
		"write": func(c actor.Context[string]) {
			c.Persist(buffer)
			c.Reply(1, buffer)
			copy(buffer, "later")
		},
	})
	n.ask(t, 1, "write")
	n.drain()
	if err := n.commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, "seen", o.seen, []string{"append first", "commit", "reply 1 first"}, same)
}

func TestATimerThatWasSupersededIsNotDelivered(t *testing.T) {
	n, _ := observed(map[string]func(actor.Context[string]){
		"set": func(c actor.Context[string]) {
			c.SetTimer("kept", 0)
			c.SetTimer("renewed", 0)
			c.SetTimer("cancelled", 0)
		},
		"change": func(c actor.Context[string]) {
			c.SetTimer("renewed", time.Hour)
			c.CancelTimer("cancelled")
		},
	})
	n.ask(t, 1, "set")
	n.ask(t, 2, "change")
	// Both requests are handled here, after which all three timers have expired:
	// two of them must not be seen any more.
	n.react(<-n.events)
	n.react(<-n.events)
	n.drain()
	expect(t, "seen", n.state, []string{"request set", "request change", "timer kept"}, same)
}

func TestTimersAndEventsTakeTurns(t *testing.T) {
	n, _ := observed(map[string]func(actor.Context[string]){
		"set":  func(c actor.Context[string]) { c.SetTimer("a", 0); c.SetTimer("b", 0) },
		"next": func(actor.Context[string]) {},
	})
	for id, body := range []string{"set", "next", "next"} {
		n.ask(t, uint64(id), body)
	}
	n.react(<-n.events)
	n.drain()
	expect(t, "seen", n.state, []string{"request set", "timer a", "request next", "timer b", "request next"}, same)
}

func TestABatchIsBounded(t *testing.T) {
	n, _ := observed(map[string]func(actor.Context[string]){"next": func(actor.Context[string]) {}})
	for id := range maxBatch + 10 {
		n.ask(t, uint64(id), "next")
	}
	n.drain()
	if len(n.state) != maxBatch || len(n.events) != 10 {
		t.Errorf("%d reactions in a batch and %d events left, want %d and 10", len(n.state), len(n.events), maxBatch)
	}
}

func TestChanceIsRepeatable(t *testing.T) {
	draw := func(cfg Config, durable int) (drawn []int) {
		c := newReactions[string](cfg, durable)
		for range 20 {
			drawn = append(drawn, c.Choose(1000))
		}
		return drawn
	}
	equal := func(a, b []int) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
	reference := draw(Config{Self: "n1", Seed: 7}, 3)
	if !equal(reference, draw(Config{Self: "n1", Seed: 7}, 3)) {
		t.Error("the same seed drew other numbers")
	}
	others := map[string][]int{
		"another seed":           draw(Config{Self: "n1", Seed: 8}, 3),
		"another node":           draw(Config{Self: "n2", Seed: 7}, 3),
		"another number records": draw(Config{Self: "n1", Seed: 7}, 4),
	}
	for name, drawn := range others {
		if equal(reference, drawn) {
			t.Errorf("%s drew the same numbers", name)
		}
	}
}
