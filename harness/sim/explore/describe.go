package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/sim/explore/internal/identity"
)

// endpoint is the name of a node or client.
func (s *systemSpace[S, M]) endpoint(n int) actor.ID {
	if n < len(s.ids) {
		return s.ids[n]
	}
	return s.script.clients[n-len(s.ids)].ID
}

func (s *systemSpace[S, M]) receiver(m *message[M]) actor.ID {
	if m.to == nowhere {
		return m.toName
	}
	return s.endpoint(m.to)
}

// sent is the message as properties see it.
func (m *message[M]) sent(s interface {
	endpoint(int) actor.ID
	receiver(*message[M]) actor.ID
}) Sent[M] {
	all := Sent[M]{From: s.endpoint(m.from), To: s.receiver(m), Message: m.content, Number: m.number}
	switch m.kind {
	case requestMessage:
		all.Request = m.body
	case replyMessage:
		all.Reply = m.body
	}
	return all
}

// shown is the message as a trace has it.
func (s *systemSpace[S, M]) shown(m *message[M]) Message {
	all := Message{From: string(s.endpoint(m.from)), To: string(s.receiver(m)), Kind: "message", Request: m.number}
	switch m.kind {
	case peerMessage:
		all.Text = identity.Text(*m.content)
	case requestMessage:
		all.Kind, all.Text = "request", s.callText(m)
	case replyMessage:
		all.Kind, all.Text = "reply", s.answerText(m)
	}
	return all
}

// callText is a request in the words of its operation.
func (s *systemSpace[S, M]) callText(m *message[M]) string {
	client, call, _ := s.script.made(m.number)
	if text := opText(s.script.clients[client].Calls[call].Op); text != "" {
		return text
	}
	return string(m.body)
}

// answerText is an answer in the words of the client's history.
func (s *systemSpace[S, M]) answerText(m *message[M]) string {
	client, call, _ := s.script.made(m.number)
	a, err := s.read(client, call, m.body)
	if err != nil {
		return string(m.body)
	}
	f := s.script.clients[client].Calls[call].Op.F + " " + a.Type.String()
	return strings.TrimSpace(opText(history.Op{F: f, Value: a.Value, Error: a.Error}))
}

// opText is an invocation or completion in words.
func opText(op history.Op) string {
	text := op.F
	if op.Key != "" {
		text += " " + op.Key
	}
	if !op.Value.IsNil() {
		text += " " + op.Value.String()
	}
	if op.Error != "" {
		text += " (" + op.Error + ")"
	}
	return text
}

// inputText says what a node reacts to.
func (s *systemSpace[S, M]) inputText(l *local[S], input uint32) string {
	switch {
	case input == restartInput:
		return "it starts"
	case input == crashInput:
		return "it crashes"
	case input >= timerInput:
		return "its timer " + s.timers.at(input-timerInput) + " fires"
	}
	return "it gets " + s.shown(s.messages.at(input)).String()
}

func (e *systemExpander[S, M]) start(state []uint32) Step {
	step := Step{Label: "begin", Action: Begin, State: e.stateText(state)}
	for _, m := range state[e.network(state):] {
		step.Sent = append(step.Sent, e.shown(e.messages.at(m)))
	}
	c := e.conversations.at(state[e.conversationAt()])
	for client := range c.clients {
		if e.script.waits(*c, client) {
			step.Ops = append(step.Ops, e.script.op(*c, client, history.Invoke))
		}
	}
	return step
}

// describe tells of a step.
func (e *systemExpander[S, M]) describe(from []uint32, a act, to []uint32) Step {
	step := e.attempt(from, a)
	step.State = e.stateText(to)
	step.Sent = e.sentBy(from, a)
	for n := range e.ids {
		if from[n] != to[n] {
			step.Changes = append(step.Changes, e.changes(e.locals.at(from[n]), e.locals.at(to[n]))...)
		}
	}
	step.Ops = e.ops(e.conversations.at(from[e.conversationAt()]), e.conversations.at(to[e.conversationAt()]), a)
	step.Choices = e.choices(from, a)
	if len(step.Choices) > 0 {
		step.Label += fmt.Sprintf(" choosing %v", step.Choices)
	}
	return step
}

// attempt is the step as far as it is known before it is done.
func (e *systemExpander[S, M]) attempt(from []uint32, a act) Step {
	step := Step{Action: a.kind}
	switch a.kind {
	case Deliver, Drop, Duplicate:
		m := e.shown(e.messages.at(a.what))
		step.Message, step.Node = &m, m.To
		step.Label = fmt.Sprintf("%v %v", a.kind, m)
	case Timeout:
		step.Node, step.Timer = string(e.ids[a.what>>16]), e.timers.at(a.what&0xffff)
		step.Label = fmt.Sprintf("timeout %s %s", step.Node, step.Timer)
	case Crash, Restart:
		step.Node = string(e.ids[a.what])
		step.Label = fmt.Sprintf("%v %s", a.kind, step.Node)
	case GiveUp:
		step.Node = string(e.script.clients[a.what].ID)
		step.Label = "give up " + step.Node
	case Cut:
		step.Label = "partition " + e.sides(uint64(a.what))
	case Heal:
		step.Label = "heal"
	default:
		step.Label = "begin"
	}
	return step
}

// String is the word for people.
func (a Action) String() string {
	words := []string{"act", "begin", "deliver", "drop", "duplicate", "timeout", "crash", "restart", "partition", "heal", "give up"}
	if a < 0 || int(a) >= len(words) {
		return fmt.Sprintf("action %d", int(a))
	}
	return words[a]
}

// ops are what a client notes in a step.
func (s *systemSpace[S, M]) ops(from, to *conversation, a act) []history.Op {
	if from == to {
		return nil
	}
	client := int(a.what)
	var end history.Op
	if a.kind == GiveUp {
		end = s.script.op(*from, client, history.Info)
		end.Error = "no answer"
	} else {
		m := s.messages.at(a.what)
		client = m.to - len(s.ids)
		answer, _ := s.read(client, from.clients[client].call, m.body)
		end = s.script.op(*from, client, answer.Type)
		end.Value, end.Error = answer.Value, answer.Error
	}
	if !s.script.waits(*to, client) {
		return []history.Op{end}
	}
	return []history.Op{end, s.script.op(*to, client, history.Invoke)}
}

func (s *systemSpace[S, M]) lanes() (nodes, clients []string) {
	for _, id := range s.ids {
		nodes = append(nodes, string(id))
	}
	for _, c := range s.script.clients {
		clients = append(clients, string(c.ID))
	}
	return nodes, clients
}

// sides is a cut in words: "n1 | n2 n3".
func (s *systemSpace[S, M]) sides(side uint64) string {
	var here, there []string
	for n, id := range s.ids {
		if side>>n&1 == 0 {
			here = append(here, string(id))
		} else {
			there = append(there, string(id))
		}
	}
	return strings.Join(here, " ") + " | " + strings.Join(there, " ")
}

// cause is the node or conversation that reacts in a step, and the input.
func (s *systemSpace[S, M]) cause(from []uint32, a act) (r *reaction, h *hearing) {
	input := a.what
	node := int(a.what)
	switch a.kind {
	case Deliver:
		node = s.messages.at(a.what).to
	case Timeout:
		node, input = int(a.what>>16), timerInput|a.what&0xffff
	case Crash:
		input = crashInput
	case Restart:
		input = restartInput
	case GiveUp:
		node, input = len(s.ids), giveUpInput+a.what
	default:
		return nil, nil
	}
	if node >= len(s.ids) {
		return nil, s.heard.get(memoKey(from[s.conversationAt()], input))
	}
	return s.reacted.get(memoKey(from[node], input)), nil
}

func (s *systemSpace[S, M]) sentBy(from []uint32, a act) []Message {
	r, h := s.cause(from, a)
	var numbers []uint32
	switch {
	case r != nil && len(r.branches) > 0:
		numbers = r.branches[a.branch].sends
	case h != nil:
		numbers = h.sends
	}
	var all []Message
	for _, m := range numbers {
		all = append(all, s.shown(s.messages.at(m)))
	}
	return all
}

func (s *systemSpace[S, M]) choices(from []uint32, a act) []int {
	if r, _ := s.cause(from, a); r != nil && len(r.branches) > 0 {
		return r.branches[a.branch].choices
	}
	return nil
}

// changes says how a node has changed.
func (s *systemSpace[S, M]) changes(from, to *local[S]) []string {
	id := string(s.ids[from.node])
	var all []string
	for _, d := range identity.Differences(from.state, to.state) {
		all = append(all, id+": "+d.String())
	}
	for _, record := range to.durable[min(len(from.durable), len(to.durable)):] {
		all = append(all, fmt.Sprintf("%s: persists %s", id, identity.Text(record)))
	}
	for _, t := range to.timers {
		if !slices.Contains(from.timers, t) {
			all = append(all, fmt.Sprintf("%s: sets timer %s", id, t))
		}
	}
	return all
}

// stateText is a state in a few lines: the nodes, and what is on the network.
func (s *systemSpace[S, M]) stateText(state []uint32) string {
	var b strings.Builder
	for n, id := range s.ids {
		l := s.locals.at(state[n])
		fmt.Fprintf(&b, "%s %s", id, identity.Text(*l.state))
		if l.down {
			b.WriteString(" down")
		}
		if len(l.timers) > 0 {
			fmt.Fprintf(&b, " timers %s", strings.Join(l.timers, " "))
		}
		b.WriteByte('\n')
	}
	var lines []string
	for _, m := range state[s.network(state):] {
		lines = append(lines, s.shown(s.messages.at(m)).String())
	}
	if s.system.Network != Ordered {
		slices.Sort(lines)
	}
	b.WriteString(strings.Join(lines, "\n"))
	return strings.TrimSuffix(b.String(), "\n")
}
