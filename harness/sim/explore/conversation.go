package explore

import "github.com/assaykit/assay/harness/history"

// conversation is how far all clients are, with what they did and saw.
type conversation struct {
	clients []clientState
	// past is empty if nobody judges it.
	past past
	// broken are the promises that the past breaks, undecided those that could not
	// be judged.
	broken, undecided []bool
	fingerprint       uint64
}

// clientState is how far a client is.
type clientState struct {
	// call is the number of the call that the client waits for, and that of all
	// calls if it has ended.
	call int
	// answered is how many calls were answered, process under which number the
	// client acts.
	answered, process int
	stopped           bool
}

func (c conversation) append(to []byte) []byte {
	for _, s := range c.clients {
		to = appendNumber(appendNumber(appendNumber(to, s.call), s.answered), s.process)
		if s.stopped {
			to = append(to, 1)
		} else {
			to = append(to, 0)
		}
	}
	return c.past.append(to)
}

// script is what clients do, and whether somebody judges it.
type script struct {
	clients []Client
	judged  bool
}

// number is that of a request: no two are the same.
func (s script) request(client, call int) uint64 {
	return uint64(call*len(s.clients) + client + 1)
}

// made is the client and its call of a request's number.
func (s script) made(request uint64) (client, call int, ok bool) {
	if request == 0 || len(s.clients) == 0 {
		return 0, 0, false
	}
	client, call = int((request-1)%uint64(len(s.clients))), int((request-1)/uint64(len(s.clients)))
	return client, call, call < len(s.clients[client].Calls)
}

// start is a conversation in which nobody has said anything.
func (s script) start() conversation {
	c := conversation{clients: make([]clientState, len(s.clients))}
	for i := range c.clients {
		c.clients[i].process = i
	}
	return c
}

// waits says that the client has made a request that was not answered.
func (s script) waits(c conversation, client int) bool {
	state := c.clients[client]
	return !state.stopped && state.call < len(s.clients[client].Calls)
}

// invoke notes that the client makes its next request, if there is one.
func (s script) invoke(c conversation, client int) conversation {
	if s.judged && s.waits(c, client) {
		c.past = c.past.invoke(c.clients[client].process, client, c.clients[client].call)
	}
	return c
}

// hear is the conversation after an answer to the request that the client waits for.
func (s script) hear(c conversation, client int, a Answer) conversation {
	next := conversation{clients: append([]clientState(nil), c.clients...), past: c.past}
	state := &next.clients[client]
	if a.Type == history.Info {
		state.stopped = true
		return next
	}
	if s.judged {
		next.past = next.past.answer(state.process, a)
	}
	state.call++
	state.answered++
	return s.invoke(next, client)
}

// giveUp is the conversation after the client has stopped waiting for an answer.
func (s script) giveUp(c conversation, client int) conversation {
	next := conversation{clients: append([]clientState(nil), c.clients...), past: c.past}
	next.clients[client].call++
	next.clients[client].process += len(s.clients)
	return s.invoke(next, client)
}

// op is what the history says of the call that a client waits for.
func (s script) op(c conversation, client int, t history.Type) history.Op {
	state := c.clients[client]
	call := s.clients[client].Calls[state.call]
	op := call.Op
	op.Process, op.Node, op.Type = state.process, string(call.Node), t
	return op
}
