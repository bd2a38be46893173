package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/harness/history"
)

// gone is a message that a consumer took and that is in no drain yet.
const gone = `
	0 invoke send 7 at=1s
	0 ok send 7 at=2s
	1 invoke receive at=3s
	1 ok receive 7 at=4s
`

func TestWhatWasNotAcknowledgedComesAgain(t *testing.T) {
	for _, c := range []struct{ name, want, text string }{
		{"acknowledged", "valid", gone + `
			1 invoke ack 7
			1 ok ack 7
			9 invoke receive final at=20s
			9 ok receive null final at=30s`},
		{"perhaps acknowledged", "valid", gone + `
			1 invoke ack 7
			1 info ack 7 !timeout
			9 invoke receive final at=20s
			9 ok receive null final at=30s
			9 invoke receive final at=40s
			9 ok receive null final at=41s`},
		{"given again", "valid", gone + `
			9 invoke receive final at=20s
			9 ok receive 7 final at=21s
			9 invoke receive final at=40s
			9 ok receive null final at=41s`},
		{"the drain was too short", "unknown", gone + `
			9 invoke receive final at=20s
			9 ok receive null final at=21s
			9 invoke receive final at=24s
			9 ok receive null final at=25s`},
		{"the drain was not complete", "valid", gone + `
			9 invoke receive final at=20s
			9 ok receive null final at=21s
			9 invoke receive final at=26s
			9 ok receive null final at=27s
			8 invoke receive final at=28s
			8 ok receive 7 final at=29s`},
		{"abandoned", "abandoned", gone + `
			9 invoke receive final at=20s
			9 ok receive null final at=21s
			9 invoke receive final at=25s
			9 ok receive null final at=26s`},
		{"the acknowledgement failed", "abandoned", gone + `
			1 invoke ack 7
			1 fail ack 7 !refused
			9 invoke receive final at=20s
			9 ok receive null final at=21s
			9 invoke receive final at=25s
			9 ok receive null final at=26s`},
		{"somebody else's acknowledgement", "abandoned", gone + `
			2 invoke ack 7
			2 ok ack 7
			9 invoke receive final at=20s
			9 ok receive null final at=21s
			9 invoke receive final at=25s
			9 ok receive null final at=26s`},
		{"perhaps taken by a receive of unknown outcome", "unknown", gone + `
			3 invoke receive
			3 info receive !timeout
			9 invoke receive final at=20s
			9 ok receive null final at=21s
			9 invoke receive final at=25s
			9 ok receive null final at=26s`},
		{"another operation", "unknown", "0 invoke read\n0 ok read 1"},
	} {
		h := script.Parse(t, c.text)
		v := check(t, delivery.NewRedelivery(5*time.Second), h)
		said := v.Validity.String()
		if v.Validity == checkers.Invalid && script.PointsAtCalls(t, h, v) {
			said = v.Findings[0].Anomaly
		}
		if said != c.want {
			t.Errorf("%s: %s, want %s: %s", c.name, said, c.want, v.Reason)
		}
	}
}

// mailbox is a queue of one consumer after another, each of which takes some messages,
// acknowledges some of these and goes away. Every so many times one that was not
// acknowledged is not put back.
type mailbox struct {
	random  *rand.Rand
	h       *history.History
	now     time.Duration
	process int
	waiting []int
	// forgotten are the messages that were not put back, and blind counts the receives
	// of unknown outcome.
	forgotten map[int]bool
	blind     int
}

func (m *mailbox) do(final bool, f string, in, out history.Value, outcome history.Type) {
	for _, op := range []history.Op{{Type: history.Invoke, Value: in}, {Type: outcome, Value: out}} {
		m.now += time.Millisecond
		op.Index, op.Process, op.F, op.Final, op.Time = len(m.h.Ops), m.process, f, final, m.now
		m.h.Ops = append(m.h.Ops, op)
	}
}

// consume lets a consumer take some messages and acknowledge a part of them.
func (m *mailbox) consume(forgets float64) {
	m.process++
	var held []int
	for range m.random.IntN(4) {
		if len(m.waiting) == 0 {
			break
		}
		if m.random.IntN(20) == 0 {
			m.do(false, "receive", history.Value{}, history.Value{}, history.Info)
			m.process, m.blind = m.process+1, m.blind+1
			m.waiting, held = append(m.waiting, held...), nil // it lost its connection
			break
		}
		held = append(held, m.waiting[0])
		m.do(false, "receive", history.Value{}, history.Int(m.waiting[0]), history.OK)
		m.waiting = m.waiting[1:]
	}
	for _, value := range held {
		switch {
		case m.random.IntN(3) > 0:
			m.do(false, "ack", history.Int(value), history.Int(value), history.OK)
		case m.random.Float64() < forgets:
			m.forgotten[value] = true
		default:
			m.waiting = append(m.waiting, value)
		}
	}
}

func (m *mailbox) drain() {
	m.process++
	for _, value := range m.waiting {
		m.do(true, "receive", history.Value{}, history.Int(value), history.OK)
		m.do(true, "ack", history.Int(value), history.Int(value), history.OK)
	}
	for range 2 {
		m.do(true, "receive", history.Value{}, history.Value{}, history.OK)
		m.now += 6 * time.Second
	}
}

func TestAForgottenMessageIsFoundAndNoOther(t *testing.T) {
	var seen script.Tally
	script.Try(t, 5000, 2, func(t *testing.T, random *rand.Rand) bool {
		m := &mailbox{random: random, h: &history.History{}, forgotten: map[int]bool{}}
		forgets := []float64{0, 0.1, 1}[random.IntN(3)]
		for value := range random.IntN(30) {
			m.do(false, "send", history.Int(value), history.Int(value), history.OK)
			m.waiting = append(m.waiting, value)
			m.consume(forgets)
		}
		m.drain()
		want := checkers.Valid
		if n := len(m.forgotten); n > m.blind {
			want = checkers.Invalid
		} else if n > 0 {
			want = checkers.Unknown
		}
		v := check(t, delivery.NewRedelivery(5*time.Second), m.h)
		seen.Count(fmt.Sprint(v.Validity))
		if v.Validity != want {
			t.Errorf("%s, want %s: %s\n%s", v.Validity, want, v.Reason, script.String(m.h))
			return false
		}
		// A drain that is too short proves nothing about what did not come again.
		want = checkers.Valid
		if len(m.forgotten) > 0 {
			want = checkers.Unknown
		}
		if late := check(t, delivery.NewRedelivery(time.Minute), m.h); late.Validity != want {
			t.Errorf("within a minute: %s: %s", late.Validity, late.Reason)
			return false
		}
		return true
	})
	seen.CameUp(t, "valid", "invalid", "unknown")
}
