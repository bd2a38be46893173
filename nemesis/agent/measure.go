//go:build linux

package agent

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

const (
	// volley is how many datagrams are sent over each link.
	volley = 50
	// shortestProbe is the length of a datagram that has little to carry.
	shortestProbe = 400
	// headersUDP come before a datagram on the wire: IPv4 and UDP.
	headersUDP = 28
	// linger is how long copies may come when all datagrams are there, and slack
	// how much later than they should datagrams may come on a busy machine.
	linger = 20 * time.Millisecond
	slack  = 200 * time.Millisecond
)

// measure sends a volley of datagrams over each link. Both ends of each belong to
// the agent, so that one clock measures them.
func measure(nodes []protocol.Node, links []protocol.Way, text string) protocol.Response {
	failed := &failures{}
	posts := openPosts(nodes, failed)
	defer posts.close()
	m := newMeasurement(posts, text)
	for _, l := range links {
		if from, to := posts.find(l.From), posts.find(l.To); from != nil && to != nil {
			m.ways = append(m.ways, way{from, to})
		}
	}
	m.run(protocol.Patience(nodes))
	r := protocol.Response{Failed: failed.byNode}
	for _, w := range m.ways {
		r.Links = append(r.Links, protocol.Link{From: w.from.node, To: w.to.node, Volley: m.at(w).judge()})
	}
	return r
}

// measurement is what is found out about some links.
type measurement struct {
	posts posts
	ways  []way
	// text is within every datagram; nonce tells them from all others.
	text, nonce string
	probes      map[path]*probes
	// anyPath says that datagrams are expected from whoever knows the nonce.
	anyPath bool
}

// moments are what the monotonic clock showed.
func moments(at []int64) []time.Time {
	times := make([]time.Time, len(at))
	for i, t := range at {
		times[i] = time.Unix(0, t)
	}
	return times
}

func newMeasurement(p posts, text string) *measurement {
	return &measurement{posts: p, text: text, nonce: rand.Text(), probes: map[path]*probes{}}
}

// path is a way as one sees it from a datagram.
type path struct{ from, to netip.AddrPort }

// probes are the datagrams on one way.
type probes struct {
	sent    []time.Time
	arrived []arrival
	size    int
}

type arrival struct {
	number  int
	at      time.Time
	changed bool
}

func (m *measurement) at(w way) *probes {
	return m.on(path{w.from.address, w.to.address})
}

func (m *measurement) on(p path) *probes {
	if m.probes[p] == nil {
		m.probes[p] = &probes{size: len(m.probe(0)) + headersUDP}
	}
	return m.probes[p]
}

// probe is a datagram: the nonce, its number, the text, and something to fill up.
func (m *measurement) probe(number int) []byte {
	data := binary.BigEndian.AppendUint32([]byte(m.nonce), uint32(number))
	data = append(data, m.text...)
	if missing := shortestProbe - len(data); missing > 0 {
		data = append(data, strings.Repeat(".", missing)...)
	}
	return data
}

func (m *measurement) run(late time.Duration) {
	for number := range volley {
		for _, w := range m.ways {
			at := m.at(w)
			at.sent = append(at.sent, now())
			// Whether it can be sent at all is part of the question.
			_ = unix.Sendto(w.from.socket, m.probe(number), 0, socketAddress(w.to.address))
		}
		m.receive()
	}
	m.await(late)
}

// await takes in what is missing, until everything has arrived or should have. Waits in
// vain are counted, not timed, as rounds are.
func (m *measurement) await(late time.Duration) {
	most := int((late + slack) / linger)
	for vain := 0; vain < most; vain++ {
		m.wait()
		if m.receive() {
			vain = 0
		}
		if m.complete() {
			most = min(most, 2)
		}
	}
}

// complete says whether everything that was sent has arrived at least once.
func (m *measurement) complete() bool {
	return !slices.ContainsFunc(m.ways, func(w way) bool {
		return len(m.at(w).arrived) < len(m.at(w).sent)
	})
}

// wait returns when a datagram has arrived somewhere, or after a while.
func (m *measurement) wait() {
	var watched []unix.PollFd
	for _, p := range m.posts {
		watched = append(watched, unix.PollFd{Fd: int32(p.socket), Events: unix.POLLIN})
	}
	// An interrupted wait is a short one.
	_, _ = unix.Poll(watched, int(linger.Milliseconds()))
}

// now is the machine's monotonic clock, which is the same for all agents of a machine.
func now() time.Time {
	var t unix.Timespec
	// The clock is always there.
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return time.Unix(0, t.Nano())
}

// receive takes in whatever has arrived, and says whether anything had.
func (m *measurement) receive() (some bool) {
	buffer := make([]byte, 64<<10)
	for _, p := range m.posts {
		for {
			n, from, err := unix.Recvfrom(p.socket, buffer, 0)
			if err != nil { // EAGAIN: that was all
				break
			}
			m.note(path{addressOf(from), p.address}, buffer[:n])
			some = true
		}
	}
	return some
}

func (m *measurement) note(on path, data []byte) {
	at := now()
	rest, ours := bytes.CutPrefix(data, []byte(m.nonce))
	if !ours || len(rest) < 4 || !m.anyPath && m.probes[on] == nil {
		return
	}
	number := int(binary.BigEndian.Uint32(rest))
	changed := !bytes.Equal(data, m.probe(number))
	p := m.on(on)
	p.arrived = append(p.arrived, arrival{number, at, changed})
}

// judge says what became of the datagrams of one way.
func (p *probes) judge() *protocol.Volley {
	v := &protocol.Volley{Sent: len(p.sent)}
	times := map[int]int{}
	var took []time.Duration
	highest := -1
	for _, a := range p.arrived {
		if a.number >= len(p.sent) {
			continue // changed beyond recognition
		}
		if times[a.number]++; times[a.number] == 2 {
			v.Twice++
		}
		if times[a.number] > 1 {
			continue
		}
		v.Arrived++
		took = append(took, a.at.Sub(p.sent[a.number]))
		if a.changed {
			v.Changed++
		}
		if a.number < highest {
			v.Late++
		}
		highest = max(highest, a.number)
	}
	if len(took) > 0 {
		slices.Sort(took)
		v.Fastest, v.Median = took[0], took[len(took)/2]
	}
	v.Rate = p.rate()
	return v
}

// rate is at how many bytes a second datagrams came in since the first was sent. A
// narrow link never looks wider so, however long nobody looked at what came in.
func (p *probes) rate() int64 {
	if len(p.arrived) == 0 {
		return 0
	}
	span := p.arrived[len(p.arrived)-1].at.Sub(p.sent[0])
	return int64(float64(len(p.arrived)*p.size) / max(span.Seconds(), 1e-9))
}
