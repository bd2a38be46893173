//go:build unix

package local

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

var (
	there = cluster.Link{From: "n1", To: "n2"}
	back  = cluster.Link{From: "n2", To: "n1"}
)

func shaped(s cluster.Shape) cluster.Rules {
	return cluster.Rules{Shape: map[cluster.Link]cluster.Shape{there: s}}
}

func (b *bench) measure(l cluster.Link) cluster.Measurement {
	b.Helper()
	found, err := b.cluster.Measure(b.Context(), []cluster.Link{l}, "")
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%s->%s: %+v", l.From, l.To, found[l])
	return found[l]
}

func TestBytesAreLateAndKeepTheirOrder(t *testing.T) {
	b := newBench(t, 2)
	const delay, jitter = 50 * time.Millisecond, 20 * time.Millisecond
	b.rules(shaped(cluster.Shape{Delay: delay, Jitter: jitter}))
	if m := b.measure(there); m.Fastest < delay-jitter || m.Arrived != m.Sent {
		t.Errorf("%+v", m)
	}
	if m := b.measure(back); m.Arrived != m.Sent {
		t.Errorf("the other direction: %+v", m)
	}
	var said strings.Builder
	began := time.Now()
	for _, word := range strings.Split("the order of words stays as it was said", " ") {
		b.say("n1", "n2", word)
		said.WriteString(word)
	}
	b.awaitHeard("n2", said.String())
	if took := time.Since(began); took < delay-jitter {
		t.Errorf("heard after %s", took)
	}
	b.expectReach(func(cluster.Link) bool { return true })
}

// What is on its way when the rules change arrives at once.
func TestAHealLetsEverythingArrive(t *testing.T) {
	b := newBench(t, 2)
	b.say("n1", "n2", "1")
	b.awaitHeard("n2", "1")
	b.rules(shaped(cluster.Shape{Delay: time.Hour}))
	b.say("n1", "n2", "2")
	b.rules(cluster.Rules{})
	b.awaitHeard("n2", "12")
	b.say("n1", "n2", "3") // on the same connection, not after the 2 of an hour later
	b.awaitHeard("n2", "123")
	if m := b.measure(there); m.Arrived != m.Sent || m.Fastest > time.Second {
		t.Errorf("%+v", m)
	}
}

// Bytes that set out just before a heal and are looked at just after it do not wait.
func TestWhatSetOutBeforeAHealDoesNotWaitAfterIt(t *testing.T) {
	b := newBench(t, 2)
	b.rules(shaped(cluster.Shape{Delay: time.Hour}))
	way := b.cluster.network.passage(there, 1)
	b.rules(cluster.Rules{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := way.arrival(ctx); err != nil {
		t.Error(err)
	}
}

func TestBandwidthHoldsUpTheSender(t *testing.T) {
	b := newBench(t, 2)
	const rate = 50_000
	b.rules(shaped(cluster.Shape{Rate: rate, Queue: 4000}))
	if m := b.measure(there); m.Rate > rate*5/4 || m.Rate == 0 {
		t.Errorf("%d bytes a second", m.Rate)
	}
	b.rules(cluster.Rules{})
	if m := b.measure(there); m.Arrived != m.Sent {
		t.Errorf("after the heal: %+v", m)
	}
}

func TestALostPacketIsAWait(t *testing.T) {
	for name, s := range map[string]cluster.Shape{"loss": {Loss: 0.2}, "noise": {Noise: 0.2}} {
		b := newBench(t, 2)
		b.rules(shaped(s))
		if m := b.measure(there); m.Arrived == m.Sent || m.Arrived < m.Sent/3 {
			t.Errorf("%s: %+v", name, m)
		}
		b.say("n1", "n2", "nothing is lost")
		b.awaitHeard("n2", "nothing is lost")
		b.rules(cluster.Rules{})
		if m := b.measure(there); m.Arrived != m.Sent {
			t.Errorf("%s, healed: %+v", name, m)
		}
	}
}

func TestWhatAProxyCannotDoIsRefused(t *testing.T) {
	b := newBench(t, 2)
	can := b.cluster.Capabilities()
	for what, r := range map[cluster.Capability]cluster.Rules{
		cluster.CanDuplicate: shaped(cluster.Shape{Duplicate: 0.1}),
		cluster.CanReorder:   shaped(cluster.Shape{Reorder: 0.1}),
		cluster.CanTamper:    shaped(cluster.Shape{Tamper: cluster.Replacement{Old: "a", New: "b"}}),
		cluster.CanReject:    {Reject: map[cluster.Link]bool{there: true}},
		cluster.CanCutNew:    {DropNew: map[cluster.Link]bool{there: true}},
		cluster.CanCutClients: {Drop: map[cluster.Link]bool{
			{From: cluster.Clients, To: "n1"}: true,
		}},
	} {
		if err := b.cluster.SetRules(t.Context(), r); err == nil {
			t.Errorf("%s: accepted", what)
		}
		if err := can.Supports(what); err == nil || !strings.Contains(err.Error(), "--runtime docker") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestALineHoldsNoMoreThanItShould(t *testing.T) {
	l := newLine()
	full := make(chan struct{})
	go func() {
		defer close(full)
		for range 3 {
			l.put(chunk{data: make([]byte, 10)}, 15)
		}
		l.end(io.EOF)
	}()
	for range 3 {
		c, err := l.get()
		if err != nil {
			t.Fatal(err)
		}
		l.mu.Lock()
		if l.bytes > 25 {
			t.Errorf("%d bytes on the line", l.bytes)
		}
		l.mu.Unlock()
		l.arrived(c)
	}
	<-full
	if _, err := l.get(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v at the end", err)
	}
	blocked := make(chan struct{})
	go func() {
		defer close(blocked)
		l.put(chunk{data: make([]byte, 99)}, 15)
		l.put(chunk{}, 15)
	}()
	l.abandon()
	<-blocked
}
