package primarybackup

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// primary is who leads a view, unless another view is entered.
func (n node) primary(view int) actor.ID {
	all := append([]actor.ID{n.Self()}, n.Peers()...)
	slices.Sort(all)
	return all[view%len(all)]
}

// Timer implements actor.Actor.
func (a Actor) Timer(c actor.Context[Message], s *State, name string) {
	n := node{c, s, a}
	switch {
	case name == repeatTimer && n.Serves:
		n.broadcast(n.replica())
		n.SetTimer(repeatTimer, a.repeat())
	case name == silenceTimer && !n.Serves:
		n.Listens = false
		n.campaign()
	}
}

// campaign enters the next view that this node leads, and asks the others to.
func (n node) campaign() {
	view := n.View + 1
	for n.primary(view) != n.Self() {
		view++
	}
	n.enter(view)
	n.Entered = map[actor.ID]Stored{n.Self(): n.Stored}
	n.broadcast(Message{Kind: Enter, View: view})
	n.listen()
	n.takeOver()
}

// enter leaves the view before. What its primary had not answered stays without an
// answer: nobody knows what will become of it.
func (n node) enter(view int) {
	n.View = view
	n.Serves, n.Entered, n.Pending, n.Holds, n.Taken = false, nil, nil, nil, nil
	n.CancelTimer(repeatTimer)
	n.persist()
}

// takeOver begins to serve once a majority has entered the view, from the newest that
// any of them holds: whatever was answered is held by one of them.
func (n node) takeOver() {
	if len(n.Entered) < n.majority() {
		return
	}
	for _, s := range n.Entered {
		if n.Stored.Less(s) {
			n.Stored = s
		}
	}
	n.Stored.View = n.View
	n.Serves, n.Entered, n.Holds = true, nil, make(map[actor.ID]int)
	n.Listens = false
	n.CancelTimer(silenceTimer)
	n.persist()
	n.broadcast(n.replica())
}

// listen starts the patience of a backup, unless it runs. The nodes have different
// ones, so that they do not all take over at once.
func (n node) listen() {
	if !n.Listens {
		n.Listens = true
		n.SetTimer(silenceTimer, time.Duration(4+n.place())*n.config.repeat())
	}
}

// place is that of this node in the line of those who may take over.
func (n node) place() int {
	place := 0
	for view := n.View + 1; n.primary(view) != n.Self(); view++ {
		place++
	}
	return place
}

func (a Actor) repeat() time.Duration {
	if a.Repeat > 0 {
		return a.Repeat
	}
	return 50 * time.Millisecond
}

// memory is what a node must not forget.
type memory struct {
	View   int    `json:"view"`
	Stored Stored `json:"stored"`
}

func (n node) persist() {
	record, err := json.Marshal(memory{n.View, n.Stored})
	if err != nil {
		panic(fmt.Sprintf("numbers do not encode: %v", err))
	}
	n.Persist(record)
}

func (n node) restore(durable [][]byte) {
	if len(durable) == 0 {
		return
	}
	var m memory
	if err := json.Unmarshal(durable[len(durable)-1], &m); err != nil {
		panic(fmt.Sprintf("a record of our own does not decode: %v", err))
	}
	n.View, n.Stored = m.View, m.Stored
}
