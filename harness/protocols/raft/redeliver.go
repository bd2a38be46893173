package raft

import "time"

// removalInterval is how often the bug Redeliver replicates what was received.
const removalInterval = 500 * time.Millisecond

// HandOut is a message that was received and is still in its queue. Only the
// leader knows of it, which is what is wrong with the bug Redeliver: the next
// leader hands the message out again.
type HandOut struct {
	ID    RequestID `json:"id"`
	Queue string    `json:"queue"`
	Value int       `json:"value"`
	// Removing is set once the removal is in the log.
	Removing bool `json:"removing,omitempty"`
}

// handOut answers a receive with the first message that was not handed out yet.
func (n node) handOut(r Read) Response {
	ahead := 0
	for _, h := range n.Lead.HandedOut {
		if h.ID == r.ID {
			return Response{OK: true, Found: true, Value: h.Value}
		}
		if h.Queue == r.Command.Key {
			ahead++
		}
	}
	queue := n.Machine.Queues[r.Command.Key]
	if ahead >= len(queue) {
		return Response{OK: true}
	}
	h := HandOut{ID: r.ID, Queue: r.Command.Key, Value: queue[ahead]}
	if len(n.Lead.HandedOut) == 0 {
		n.SetTimer(removalTimer, removalInterval)
	}
	n.Lead.HandedOut = append(n.Lead.HandedOut, h)
	return Response{OK: true, Found: true, Value: h.Value}
}

// removeHandedOut replicates what has been received since the last time.
func (n node) removeHandedOut() {
	if n.Role != LeaderRole || len(n.Lead.HandedOut) == 0 {
		return
	}
	n.SetTimer(removalTimer, removalInterval)
	for _, c := range n.removals() {
		n.propose(Entry{Command: c})
	}
}

// removals are the commands that remove what was handed out, one a queue.
func (n node) removals() []Command {
	var commands []Command
	place := make(map[string]int)
	for i := range n.Lead.HandedOut {
		h := &n.Lead.HandedOut[i]
		if h.Removing {
			continue
		}
		h.Removing = true
		if _, seen := place[h.Queue]; !seen {
			place[h.Queue] = len(commands)
			commands = append(commands, Command{F: remove, Key: h.Queue})
		}
		commands[place[h.Queue]].Value++
	}
	return commands
}

// forgetHandedOut is called when a removal has been applied.
func (n node) forgetHandedOut(c Command) {
	var kept []HandOut
	for _, h := range n.Lead.HandedOut {
		if h.Queue == c.Key && c.Value > 0 {
			c.Value--
			continue
		}
		kept = append(kept, h)
	}
	n.Lead.HandedOut = kept
}
