//go:build unix

package local

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"strings"
	"syscall"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

func links(pairs ...string) map[cluster.Link]bool {
	set := make(map[cluster.Link]bool)
	for _, p := range pairs {
		from, to, _ := strings.Cut(p, ">")
		set[cluster.Link{From: from, To: to}] = true
	}
	return set
}

func drop(pairs ...string) cluster.Rules { return cluster.Rules{Drop: links(pairs...)} }

func TestNodesTalk(t *testing.T) {
	b := newBench(t, 2)
	b.say("n1", "n2", "hello")
	b.awaitHeard("n2", "hello")
	b.reply("n2", "yes?")
	b.awaitAnswers("n1", "yes?")
	b.hangUp("n1", "n2")
	b.awaitHeard("n2", "hello[end]")
}

func TestAPartitionHoldsBytesBackUntilItHeals(t *testing.T) {
	b := newBench(t, 3)
	b.say("n1", "n2", "1")
	b.awaitHeard("n2", "1")
	b.rules(drop("n1>n2", "n2>n1"))
	b.say("n1", "n2", "2")
	b.reply("n2", "3")
	// What goes elsewhere arrives. That nothing arrives here has no end that
	// could be awaited; what is certain is that the gates hold it.
	b.say("n3", "n2", "4")
	b.awaitHeard("n2", "14")
	b.expectReach(func(l cluster.Link) bool { return l.From == "n3" || l.To == "n3" })
	if answers := b.answers("n1"); answers != "" {
		t.Errorf("n1 heard %q through a partition", answers)
	}
	b.rules(cluster.Rules{})
	b.awaitHeard("n2", "142")
	b.awaitAnswers("n1", "3")
}

func TestAOneWayPartitionBlocksOneDirectionOfBothConnections(t *testing.T) {
	b := newBench(t, 2)
	b.say("n1", "n2", "a")
	b.say("n2", "n1", "b")
	b.awaitHeard("n2", "a")
	b.awaitHeard("n1", "b")
	b.rules(drop("n1>n2"))

	b.say("n1", "n2", "A")
	b.reply("n1", "B")
	b.say("n2", "n1", "c")
	b.reply("n2", "d")
	b.awaitHeard("n1", "bc")
	b.awaitAnswers("n1", "d")
	if heard, answers := b.heard("n2"), b.answers("n2"); heard != "a" || answers != "" {
		t.Errorf("n2 heard %q and the answer %q", heard, answers)
	}
	b.rules(cluster.Rules{})
	b.awaitHeard("n2", "aA")
	b.awaitAnswers("n2", "B")
}

func TestANewConnectionNeedsBothDirections(t *testing.T) {
	for _, dropped := range []string{"n1>n2", "n2>n1"} {
		t.Run(dropped, func(t *testing.T) {
			b := newBench(t, 2)
			b.rules(drop(dropped))
			b.say("n1", "n2", "patient")
			b.giveUp("n1", "n2")
			if heard := b.heard("n2"); heard != "" {
				t.Errorf("n2 heard %q", heard)
			}
			b.rules(cluster.Rules{})
			b.awaitHeard("n2", "patient")
		})
	}
}

// giveUp says something on a connection, ends it, and waits until the proxy has
// ended it too.
func (b *bench) giveUp(from, to string) {
	b.Helper()
	conn, err := dial(b.Context(), b.cluster.layout.Dial(from, to, "peer"))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("given up")); err != nil {
		b.Fatal(err)
	}
	if err := conn.CloseWrite(); err != nil {
		b.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		b.Errorf("%d bytes came back", n)
	}
}

func TestAConnectionToANodeThatDoesNotRunIsReset(t *testing.T) {
	b := newBench(t, 2)
	b.do(b.node("n2").Kill)
	conn, err := dial(t.Context(), b.cluster.layout.Dial("n1", "n2", "peer"))
	if err == nil {
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got error %v, want %v", err, syscall.ECONNRESET)
	}
}

func TestTheEndOfAKilledNodeIsNoticedAfterThePartition(t *testing.T) {
	b := newBench(t, 2)
	b.say("n1", "n2", "a")
	b.awaitHeard("n2", "a")
	b.rules(drop("n1>n2", "n2>n1"))
	b.do(b.node("n2").Kill)
	if answers := b.answers("n1"); answers != "" {
		t.Errorf("n1 noticed the end through a partition: %q", answers)
	}
	b.rules(cluster.Rules{})
	eventually(t, "n1 notices the end", func() bool { return strings.HasPrefix(b.answers("n1"), "[") })
}

func TestCorruptionFlipsTheLowestBitOfOneByteInAPacket(t *testing.T) {
	b := newBench(t, 2)
	b.rules(cluster.Rules{Corrupt: map[cluster.Link]float64{{From: "n1", To: "n2"}: 1}})
	sent := strings.Repeat("0", 1000)
	b.say("n1", "n2", sent)
	b.reply("n2", sent)
	var heard string
	eventually(t, "n2 heard all", func() bool { heard = b.heard("n2"); return len(heard) == len(sent) })
	changed := strings.Count(heard, "1")
	if changed == 0 || changed+strings.Count(heard, "0") != len(sent) {
		t.Errorf("%d of %d digits have become a one: %q", changed, len(sent), heard)
	}
}

func TestCorrupt(t *testing.T) {
	l := cluster.Link{From: "n1", To: "n2"}
	for _, size := range []int{1, 100, packetSize, packetSize + 1, 10 * packetSize} {
		for _, probability := range []float64{0, 1} {
			n := newNetwork(7)
			n.rules.Corrupt = map[cluster.Link]float64{l: probability}
			data := make([]byte, size)
			n.corrupt(l, data)
			flipped := 0
			for _, b := range data {
				flipped += bits.OnesCount8(b)
			}
			packets := (size + packetSize - 1) / packetSize
			if want := packets * int(probability); flipped != want || bytes.ContainsFunc(data, func(r rune) bool { return r > 1 }) {
				t.Errorf("%d bytes with probability %v: %d bits flipped, want %d lowest ones", size, probability, flipped, want)
			}
			n.close()
		}
	}
}

// expectReach compares the links that are observed to work with the expected ones.
func (b *bench) expectReach(want func(cluster.Link) bool) {
	b.Helper()
	reached, err := b.cluster.Reach(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for l, got := range reached {
		if got != want(l) {
			b.Errorf("from %s to %s: observed %v, want %v", l.From, l.To, got, want(l))
		}
	}
}

func TestReachObservesEveryChangeAtOnce(t *testing.T) {
	b := newBench(t, 3)
	for round := range 20 {
		for _, pairs := range [][]string{nil, {"n1>n2"}, {"n1>n2", "n2>n1", "n3>n1"}, {"n2>n3"}} {
			b.rules(drop(pairs...))
			dropped := links(pairs...)
			b.expectReach(func(l cluster.Link) bool { return !dropped[l] })
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

func TestReachIsAboutNodesThatRun(t *testing.T) {
	b := newBench(t, 3)
	b.do(b.node("n1").Pause)
	b.do(b.node("n2").Kill)
	reached, err := b.cluster.Reach(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := links("n1>n3", "n3>n1"); !maps.Equal(reached, want) {
		t.Errorf("got %v, want %v", reached, want)
	}
}

func TestReachCountsACorruptedPacketAsArrived(t *testing.T) {
	b := newBench(t, 2)
	l := cluster.Link{From: "n1", To: "n2"}
	b.rules(cluster.Rules{Corrupt: map[cluster.Link]float64{l: 1, reverse(l): 1}})
	b.expectReach(func(cluster.Link) bool { return true })
}

func TestRulesOutliveARestart(t *testing.T) {
	b := newBench(t, 2)
	b.do(b.node("n2").Kill)
	b.rules(drop("n1>n2"))
	b.do(b.node("n2").Start)
	b.awaitReady("n2")
	b.expectReach(func(l cluster.Link) bool { return l.From == "n2" })
}

func TestRulesOnNodesThatDoNotExistAreRefused(t *testing.T) {
	b := newBench(t, 2)
	for _, r := range []cluster.Rules{drop("n1>n9"), drop("n1>n1"), {Corrupt: map[cluster.Link]float64{{From: "a", To: "n1"}: 1}}} {
		if err := b.cluster.SetRules(t.Context(), r); err == nil {
			t.Errorf("%v was accepted", r)
		}
	}
}

func TestAPartitionHoldsBackNoMoreThanBuffersTake(t *testing.T) {
	b := newBench(t, 2)
	b.say("n1", "n2", "a")
	b.awaitHeard("n2", "a")
	b.rules(drop("n1>n2"))
	text := strings.Repeat("x", 1000)
	for range 50 {
		b.say("n1", "n2", text)
	}
	b.rules(cluster.Rules{})
	b.awaitHeard("n2", "a"+strings.Repeat(text, 50))
}

func TestAllPairsHaveWaysOfTheirOwn(t *testing.T) {
	b := newBench(t, 3)
	seen := make(map[string]string)
	for _, from := range b.cluster.layout.Names() {
		for _, to := range b.cluster.layout.Names() {
			address := b.cluster.layout.Dial(from, to, "peer")
			if other, known := seen[address]; known {
				t.Errorf("%s leads from %s to %s, and %s", address, from, to, other)
			}
			seen[address] = fmt.Sprintf("from %s to %s", from, to)
			if from == to && address != b.cluster.layout.Listen(to, "peer") {
				t.Errorf("%s does not reach itself directly", from)
			}
		}
	}
}
