package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Abandoned is the anomaly of messages that were taken, never acknowledged, and not
// handed out again, by the name that findings bear.
const Abandoned = "abandoned"

// NewRedelivery is a checker of queues whose messages stay with the system until the
// consumer that took them acknowledges them, with the operations of New: what nobody
// acknowledged is handed out again within a time after its consumer is gone. Clients
// of the main phase are gone when the first final receive begins.
//
// A message is abandoned if it was received in the main phase only, no consumer that
// had received it ever tried to acknowledge it, and the drain ended without it: the
// last final receive that found the queue empty began at least that time after the
// first final receive and after the message was last received, and nobody began to
// receive anything after that. A receive of unknown outcome may have taken one message
// at any time, so that only those beyond the number of these count; if there are no
// more than that, the verdict is Unknown. It is so too if a message would be abandoned,
// but for a drain that did not last or did not end like that.
//
// It goes by the times of the history. Whatever else becomes of messages is New's.
func NewRedelivery(within time.Duration) checkers.Checker { return redelivery{within} }

type redelivery struct{ within time.Duration }

func (redelivery) Name() string { return "redelivery" }
func (redelivery) About() string {
	return "no message that was taken and never acknowledged is kept from other consumers"
}

func (r redelivery) Check(_ context.Context, h *history.History) (checkers.Verdict, error) {
	v := checkers.Verdict{Checker: r.Name()}
	queues, err := open(h)
	if err != nil {
		v.Reason = fmt.Sprintf("the history cannot be judged: %v", err)
		return v, nil
	}
	taken, abandoned, doubtful, undrained := 0, 0, 0, 0
	for _, q := range queues {
		all, unacknowledged, unproved := q.abandoned(r.within)
		taken, undrained = taken+unacknowledged, undrained+unproved
		certain := max(0, len(all)-len(q.blind))
		abandoned, doubtful = abandoned+certain, doubtful+len(all)-certain
		if certain > 0 && len(v.Findings) < mostFindings {
			v.Findings = append(v.Findings, q.tellAbandoned(all, certain))
		}
	}
	v.Stats = []checkers.Stat{{Name: "taken in the main phase and never acknowledged by whoever had them last", Value: checkers.Number(taken)}}
	switch {
	case abandoned > 0:
		v.Validity = checkers.Invalid
		v.Reason = fmt.Sprintf("%s taken, never acknowledged, and not handed out again", checkers.Count(abandoned, "message was", "messages were"))
	case doubtful > 0:
		v.Reason = fmt.Sprintf("%s taken, never acknowledged, and not seen again, but receives of unknown outcome may have taken %s",
			checkers.Count(doubtful, "message was", "messages were"), them(doubtful, "it", "them"))
	case undrained > 0:
		v.Reason = fmt.Sprintf("%s taken, never acknowledged, and not seen again, but no drain shows whether %s handed out again: it would have had to find nothing for %s, and to end so",
			checkers.Count(undrained, "message was", "messages were"), them(undrained, "it is", "they are"), checkers.Seconds(r.within))
	case taken == 0:
		v.Validity = checkers.Valid
		v.Reason = "nothing that was taken was left without an acknowledgement, so that nothing had to be handed out again"
	default:
		v.Validity = checkers.Valid
		v.Reason = fmt.Sprintf("what was taken and not acknowledged was handed out again (%s)", checkers.Count(taken, "message"))
	}
	return v, nil
}

// abandoned are the messages that should have been handed out again and were not, how
// many there are that nobody acknowledged in the main phase, and of how many of these
// the drain does not tell.
func (q *queue) abandoned(within time.Duration) (all []*message, unacknowledged, unproved int) {
	tried := q.triedToAcknowledge()
	end, complete := q.endOfDrain()
	for i := range q.messages {
		m := &q.messages[i]
		if m.receives == 0 || tried[m.value] {
			continue
		}
		last := &q.calls[m.last]
		if last.Final {
			continue
		}
		unacknowledged++
		if complete && q.calls[q.drained].Start >= max(end, last.End)+within {
			all = append(all, m)
		} else {
			unproved++
		}
	}
	return all, unacknowledged, unproved
}

// triedToAcknowledge are the messages that somebody who had received them tried to
// acknowledge, unless that certainly failed.
func (q *queue) triedToAcknowledge() map[int]bool {
	tried := map[int]bool{}
	for i := range q.calls {
		call := &q.calls[i]
		if value, _ := call.In.Int(); call.F == "ack" && call.Type != history.Fail && q.holds[holding{call.Process, value}] {
			tried[value] = true
		}
	}
	return tried
}

// endOfDrain is when the first final receive began, and whether nobody began to
// receive a message after the last one that found the queue empty.
func (q *queue) endOfDrain() (began time.Duration, complete bool) {
	if q.drained == none {
		return 0, false
	}
	first := true
	for i := range q.calls {
		call := &q.calls[i]
		if call.F != "receive" {
			continue
		}
		if call.Final && first {
			began, first = call.Start, false
		}
		if call.Type == history.OK && !call.Out.IsNil() && call.Invoke > q.calls[q.drained].Complete {
			return began, false
		}
	}
	return began, true
}

// tellAbandoned tells of the first one, which is enough to see what happens.
func (q *queue) tellAbandoned(all []*message, certain int) checkers.Finding {
	m := all[0]
	f := q.finding(Abandoned, []int{m.last, q.drained})
	f.Text = fmt.Sprintf("Message %d was taken: %s. Whoever had it never acknowledged it, and nobody was given it again: the drain ended with this: %s.",
		m.value, q.did(m.last), q.did(q.drained))
	if certain > 1 {
		f.Text += fmt.Sprintf(" %s more went the same way.", checkers.Number(certain-1))
	}
	if n := len(q.blind); n > 0 {
		f.Text += fmt.Sprintf(" %s of unknown outcome may have taken as many of %s.", checkers.Count(n, "receive"), checkers.Number(len(all)))
	}
	return f
}
