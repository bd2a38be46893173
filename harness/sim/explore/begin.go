package explore

// initial starts the nodes, in their order, and then the clients. There are several
// initial states if nodes choose when they start.
func (e *systemExpander[S, M]) initial(o *out[[]uint32]) {
	e.out = o
	state, err := e.still()
	if err != nil {
		o.fail(act{}, err)
		return
	}
	e.startNode(0, state, 1)
}

// still is the state before anything was started.
func (e *systemExpander[S, M]) still() ([]uint32, error) {
	var state []uint32
	for n := range e.ids {
		l, err := e.addLocal(&local[S]{node: n, down: true})
		if err != nil {
			return nil, err
		}
		state = append(state, l)
	}
	c, err := e.addConversation(e.script.start())
	return append(state, c, e.addEnvironment(environment{}), 0), err
}

// startNode starts a node and those after it, in each way that they choose.
func (e *systemExpander[S, M]) startNode(n int, state []uint32, times int) {
	if n == len(e.ids) {
		e.startClients(state, times)
		return
	}
	r := e.reaction(state[n], restartInput)
	if err := r.err(); err != nil {
		e.out.fail(act{}, err)
		return
	}
	for _, b := range r.branches() {
		next := append([]uint32(nil), state...)
		next[n] = b.next
		for _, m := range b.sends {
			next = e.send(next, m)
		}
		e.startNode(n+1, next, times*b.times)
	}
}

// startClients makes the first request of each client.
func (e *systemExpander[S, M]) startClients(state []uint32, times int) {
	state, err := e.firstRequests(state)
	if err != nil {
		e.out.fail(act{}, err)
		return
	}
	if e.system.Boundary != nil && !e.system.Boundary(View[S, M]{e, state}) {
		e.out.bounded = true
		return
	}
	f := e.fingerprintOf(state)
	if e.out.reach(f, act{}, times) {
		e.out.keep(f, e.store(state))
	}
}

func (e *systemExpander[S, M]) firstRequests(state []uint32) ([]uint32, error) {
	c := *e.conversations.at(state[e.conversationAt()])
	var sends []uint32
	for client := range e.script.clients {
		if !e.script.waits(c, client) {
			continue
		}
		c = e.script.invoke(c, client)
		m, err := e.request(c, client)
		if err != nil {
			return nil, err
		}
		sends = append(sends, m)
	}
	number, err := e.addConversation(c)
	state[e.conversationAt()] = number
	e.look()
	for _, m := range sends {
		state = e.send(state, m)
	}
	return state, err
}
