package docker

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// there is the link that these tests spoil, back the one on which echoes return.
var (
	there = cluster.Link{From: "n1", To: "n2"}
	back  = cluster.Link{From: "n2", To: "n1"}
)

func shaped(s cluster.Shape, links ...cluster.Link) cluster.Rules {
	r := cluster.Rules{Shape: map[cluster.Link]cluster.Shape{}}
	for _, l := range links {
		r.Shape[l] = s
	}
	return r
}

func setRules(t *testing.T, c *Cluster, r cluster.Rules) {
	t.Helper()
	if err := c.SetRules(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func measureLink(t *testing.T, c *Cluster, l cluster.Link) cluster.Measurement {
	t.Helper()
	found, err := c.Measure(t.Context(), []cluster.Link{l}, "needle")
	m, some := found[l]
	if err != nil || !some || m.Sent == 0 {
		t.Fatalf("measured %v, %v", found, err)
	}
	t.Logf("%s->%s: %+v", l.From, l.To, m)
	return m
}

// requireHealthy expects a link that does nothing to packets.
func requireHealthy(t *testing.T, c *Cluster, l cluster.Link) {
	t.Helper()
	soon(t, func() string {
		if m := measureLink(t, c, l); m.Arrived != m.Sent || m.Twice+m.Late+m.Changed > 0 || m.Fastest > 10*time.Millisecond {
			return fmt.Sprintf("%s->%s is not healthy: %+v", l.From, l.To, m)
		}
		return ""
	})
}

// fastestEcho is the shortest of some round trips of the nodes' own connection.
func (c *Cluster) fastestEcho(t *testing.T) time.Duration {
	t.Helper()
	fastest := long
	for range 5 {
		began := time.Now()
		requireEcho(t, c, "n1", "n2", "there and back")
		fastest = min(fastest, time.Since(began))
	}
	return fastest
}

func TestPacketsAreLate(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	requireEcho(t, c, "n1", "n2", "before")
	requireHealthy(t, c, there)
	const delay, jitter = 60 * time.Millisecond, 10 * time.Millisecond
	setRules(t, c, shaped(cluster.Shape{Delay: delay, Jitter: jitter}, there, back))
	if m := measureLink(t, c, there); m.Fastest < delay-jitter || m.Arrived != m.Sent || m.Late > 0 {
		t.Errorf("one way: %+v", m)
	}
	if round := c.fastestEcho(t); round < 2*(delay-jitter) {
		t.Errorf("an echo came back after %s", round)
	}
	requireHealthy(t, c, cluster.Link{From: "n1", To: "n3"})
	requireReach(t, c) // late, but there

	setRules(t, c, shaped(cluster.Shape{Delay: time.Millisecond}, there))
	if m := measureLink(t, c, there); m.Fastest < time.Millisecond || m.Fastest > delay-jitter {
		t.Errorf("after the delay was shortened: %+v", m)
	}
	setRules(t, c, cluster.Rules{})
	requireHealthy(t, c, there)
	requireHealthy(t, c, back)
	requireEcho(t, c, "n1", "n2", "after, on the same connection")
	requireStarts(t, c.node(t, "n2"), "1")
}

func TestPacketsAreLostDoubledOvertakenAndDamaged(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireEcho(t, c, "n1", "n2", "before")
	for _, what := range []struct {
		name  string
		shape cluster.Shape
		// share is how many of all datagrams show it.
		share func(cluster.Measurement) int
	}{
		{"lost", cluster.Shape{Loss: 0.3}, func(m cluster.Measurement) int { return m.Sent - m.Arrived }},
		{"damaged", cluster.Shape{Noise: 0.3}, func(m cluster.Measurement) int { return m.Sent - m.Arrived }},
		{"doubled", cluster.Shape{Duplicate: 0.3}, func(m cluster.Measurement) int { return m.Twice }},
		{"overtaken", cluster.Shape{Reorder: 0.3, Behind: 50 * time.Millisecond}, func(m cluster.Measurement) int { return m.Late }},
	} {
		t.Run(what.name, func(t *testing.T) {
			setRules(t, c, shaped(what.shape, there))
			sent, struck, changed := 0, 0, 0
			for range 4 {
				m := measureLink(t, c, there)
				sent, struck, changed = sent+m.Sent, struck+what.share(m), changed+m.Changed
			}
			// Five standard deviations around 30 %, and for those at the end of a
			// volley, which nothing overtakes.
			if struck < sent*12/100 || struck > sent*47/100 || changed > 0 {
				t.Errorf("%d of %d datagrams are %s, %d changed", struck, sent, what.name, changed)
			}
			// TCP makes up for all of it.
			for i := range 20 {
				requireEcho(t, c, "n1", "n2", fmt.Sprintf("line %d %s", i, zeros))
			}
			setRules(t, c, cluster.Rules{})
			requireHealthy(t, c, there)
		})
	}
}

func TestEveryLinkHasDiceOfItsOwn(t *testing.T) {
	seen := map[uint64]bool{}
	for _, seed := range []int64{7, 8} {
		for _, l := range []cluster.Link{there, back} {
			seen[seedOf(seed, l)] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("two links have, under two seeds, %d different seeds", len(seen))
	}
}

func TestBandwidthIsLimited(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	const rate = 100_000
	setRules(t, c, shaped(cluster.Shape{Rate: rate, Queue: 1 << 16}, there))
	if m := measureLink(t, c, there); m.Rate > rate*5/4 {
		t.Errorf("%d bytes a second", m.Rate)
	}
	text := strings.Repeat("x", 100_000)
	began := time.Now()
	requireEcho(t, c, "n1", "n2", text)
	if took := time.Since(began); took < 700*time.Millisecond {
		t.Errorf("100,000 bytes took %s", took)
	}
	setRules(t, c, shaped(cluster.Shape{Rate: rate, Queue: 4000}, there))
	if m := measureLink(t, c, there); m.Arrived == m.Sent {
		t.Errorf("a short queue never overflows: %+v", m)
	}
	setRules(t, c, cluster.Rules{})
	requireHealthy(t, c, there)
}

func TestWhatNodesSayIsRewritten(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireEcho(t, c, "n1", "n2", "pay 100 to alice")
	setRules(t, c, shaped(cluster.Shape{Tamper: cluster.Replacement{Old: "alice", New: "mally"}}, there))
	if got := c.send(t, "n1", "n2", "pay 100 to alice, alice", long); got != "pay 100 to mally, mally" {
		t.Errorf("came back as %q", got)
	}
	requireEcho(t, c, "n2", "n1", "pay 100 to bob")
	found, err := c.Measure(t.Context(), []cluster.Link{there, back}, "alice")
	if err != nil || found[there].Changed != found[there].Arrived || found[back].Changed != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	setRules(t, c, cluster.Rules{})
	requireEcho(t, c, "n1", "n2", "pay 100 to alice")
}

func requireKnock(t *testing.T, c *Cluster, l cluster.Link, want cluster.Answer) {
	t.Helper()
	soon(t, func() string {
		if found, err := c.Knock(t.Context(), []cluster.Link{l}); err != nil || found[l] != want {
			return fmt.Sprintf("a connection %s->%s meets with: %v, %v, want %s", l.From, l.To, found, err, want)
		}
		return ""
	})
}

func TestOnlyNewConnectionsAreCut(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireEcho(t, c, "n1", "n2", "before")
	requireKnock(t, c, there, cluster.Accepted)
	both := map[cluster.Link]bool{there: true, back: true}
	setRules(t, c, cluster.Rules{DropNew: both})
	requireEcho(t, c, "n1", "n2", "on the connection from before")
	requireKnock(t, c, there, cluster.Silence)
	requireReach(t, c)
	// A connection that cannot be opened in time is a timeout of one kind or another.
	if got, err := c.line(t, "another", brief); err == nil && got != timeout {
		t.Errorf("a new connection was opened: %q", got)
	}
	setRules(t, c, cluster.Rules{})
	requireKnock(t, c, there, cluster.Accepted)
	if got, err := c.line(t, "another", long); err != nil || got != "hello" {
		t.Errorf("after the heal: %q, %v", got, err)
	}
}

func TestConnectionsAreReset(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	if got, err := c.line(t, "first", long); err != nil || got != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
	setRules(t, c, cluster.Rules{Reject: map[cluster.Link]bool{there: true, back: true}})
	requireReach(t, c, "n1 n2", "n2 n1")
	requireKnock(t, c, there, cluster.Refused)
	if got, err := c.line(t, "first", long); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("an open connection: %q, %v", got, err)
	}
	if got, err := c.line(t, "second", long); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a new connection: %q, %v", got, err)
	}
	setRules(t, c, cluster.Rules{})
	requireReach(t, c)
	if got, err := c.line(t, "third", long); err != nil || got != "hello" {
		t.Errorf("after the heal: %q, %v", got, err)
	}
}

// line says hello from n1 to n2 on the connection of that name.
func (c *Cluster) line(t *testing.T, name string, patience time.Duration) (string, error) {
	t.Helper()
	url := fmt.Sprintf("http://%s/send/%s?address=n2:9090&patience=%s", c.node(t, "n1").Addr("client"), name, patience)
	answer, err := http.Post(url, "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		return "", errors.New(string(text))
	}
	return string(text), nil
}

func TestClientsAreCutOff(t *testing.T) {
	c := startCluster(t, requireEngine(t), 3)
	n1 := c.node(t, "n1")
	asks := func(patience time.Duration) error {
		client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get("http://" + n1.Addr("client") + "/starts")
		if err == nil {
			answer.Body.Close()
		}
		return err
	}
	if err := asks(long); err != nil {
		t.Fatal(err)
	}
	setRules(t, c, cluster.Rules{Drop: map[cluster.Link]bool{{From: cluster.Clients, To: "n1"}: true}})
	requireReach(t, c, "clients n1")
	if err := asks(brief); err == nil {
		t.Error("n1 answers a client that is cut off")
	}
	requireEcho(t, c, "n2", "n1", "its peers are not")
	requireStarts(t, c.node(t, "n2"), "1")
	setRules(t, c, cluster.Rules{})
	requireReach(t, c)
	if err := asks(long); err != nil {
		t.Error(err)
	}
}

func TestShapesHoldForRestartedNodes(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	n := c.node(t, "n2")
	late := shaped(cluster.Shape{Delay: 30 * time.Millisecond}, there)
	late.Drop = map[cluster.Link]bool{back: true}
	setRules(t, c, late)
	if err := n.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	timed(t, "start under rules", func() error { return n.Start(t.Context()) })
	timed(t, "apply the same rules again", func() error { return c.SetRules(t.Context(), late) })
	if m := measureLink(t, c, there); m.Fastest < 30*time.Millisecond {
		t.Errorf("after a restart: %+v", m)
	}
	requireReach(t, c, "n2 n1")
}

// The kernel lets packets pass when nobody decides about them any more; what the
// agent held is lost, as on a wire that breaks.
func TestKilledAgentLetsPacketsPass(t *testing.T) {
	c := startCluster(t, requireEngine(t), 2)
	requireEcho(t, c, "n1", "n2", "before")
	setRules(t, c, shaped(cluster.Shape{Delay: 300 * time.Millisecond}, there))
	if took := c.fastestEcho(t); took < 300*time.Millisecond {
		t.Fatalf("an echo came back after %s", took)
	}
	if err := c.engine.api.ContainerKill(t.Context(), c.agent.id, "SIGKILL"); err != nil {
		t.Fatal(err)
	}
	if took := c.fastestEcho(t); took > 300*time.Millisecond {
		t.Errorf("without an agent an echo takes %s", took)
	}
	setRules(t, c, shaped(cluster.Shape{Delay: 50 * time.Millisecond}, there))
	if m := measureLink(t, c, there); m.Fastest < 50*time.Millisecond {
		t.Errorf("with a new agent: %+v", m)
	}
}
