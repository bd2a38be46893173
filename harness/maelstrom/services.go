package maelstrom

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"sync"

	"github.com/assaykit/assay/harness/generator"
)

// services are the key-value stores and the clock that Maelstrom offers to nodes: lin-kv
// is linearizable, seq-kv sequentially consistent (each node may see the past, but never
// goes back), lww-kv converges (the last write wins), lin-tso gives growing numbers.
type services struct {
	mu     sync.Mutex
	random *rand.Rand
	// writes are all changes of lin-kv and of seq-kv, in order.
	lin, seq history
	// seen is up to where a node has seen seq-kv.
	seen map[string]int
	// replicas are those of lww-kv.
	replicas [3]map[string]stamped
	clock    int64
}

// history is the past of a store: for each key, its values and since when.
type history struct {
	now  int
	keys map[string][]version
}

type version struct {
	since int
	value json.RawMessage
}

type stamped struct {
	at    int64
	value json.RawMessage
}

func newServices(seed int64) *services {
	s := &services{random: generator.Random(seed, "maelstrom services"), seen: map[string]int{}}
	s.lin.keys, s.seq.keys = map[string][]version{}, map[string][]version{}
	for i := range s.replicas {
		s.replicas[i] = map[string]stamped{}
	}
	return s
}

func (s *services) has(name string) bool {
	switch name {
	case "lin-kv", "seq-kv", "lww-kv", "lin-tso":
		return true
	}
	return false
}

// order is a request to a service.
type order struct {
	body
	Key    json.RawMessage `json:"key"`
	Value  json.RawMessage `json:"value"`
	From   json.RawMessage `json:"from"`
	To     json.RawMessage `json:"to"`
	Create bool            `json:"create_if_not_exists"`
}

// answer executes a request.
func (s *services) answer(m message) message {
	var o order
	reply := map[string]any{"type": "error", "code": 12, "text": "that is no request to a service"}
	if err := json.Unmarshal(m.Body, &o); err == nil {
		reply = s.execute(m, o)
	}
	if o.MsgID != nil {
		reply["in_reply_to"] = *o.MsgID
	}
	text, _ := json.Marshal(reply) // of maps and JSON, which cannot fail
	return message{Src: m.Dest, Dest: m.Src, Body: text}
}

func (s *services) execute(m message, o order) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch m.Dest {
	case "lin-tso":
		if o.Type == "ts" {
			s.clock++
			return map[string]any{"type": "ts_ok", "ts": s.clock}
		}
		return fault(10, "lin-tso knows ts only")
	case "lww-kv":
		return s.lastWrite(o)
	case "seq-kv":
		return s.sequential(m.Src, o)
	}
	return s.lin.execute(o, s.lin.now)
}

func fault(code int, text string) map[string]any {
	return map[string]any{"type": "error", "code": code, "text": text}
}

// execute executes a request on the state as it was at a time; only reads may look at the
// past.
func (h *history) execute(o order, at int) map[string]any {
	key := canonical(o.Key)
	switch o.Type {
	case "read":
		value, there := h.value(key, at)
		if !there {
			return fault(codeNoKey, "key does not exist")
		}
		return map[string]any{"type": "read_ok", "value": value}
	case "write":
		h.set(key, o.Value)
		return map[string]any{"type": "write_ok"}
	case "cas":
		value, there := h.value(key, h.now)
		switch {
		case !there && !o.Create:
			return fault(codeNoKey, "key does not exist")
		case there && canonical(value) != canonical(o.From):
			return fault(codeMismatch, "current value "+string(value)+" is not "+string(o.From))
		}
		h.set(key, o.To)
		return map[string]any{"type": "cas_ok"}
	}
	return fault(10, "a store knows read, write, cas; not "+o.Type)
}

func (h *history) value(key string, at int) (json.RawMessage, bool) {
	versions := h.keys[key]
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].since <= at {
			return versions[i].value, true
		}
	}
	return nil, false
}

func (h *history) set(key string, value json.RawMessage) {
	h.now++
	h.keys[key] = append(h.keys[key], version{h.now, value})
}

// deepest is how far back seq-kv lets nodes look.
const deepest = 32

// sequential lets a read see the past, unless the node has seen later times already. What
// changes something happens now.
func (s *services) sequential(node string, o order) map[string]any {
	at := s.seq.now
	if o.Type == "read" {
		oldest := max(s.seen[node], at-deepest)
		at = oldest + s.random.IntN(at-oldest+1)
	}
	reply := s.seq.execute(o, at)
	if o.Type != "read" {
		at = s.seq.now
	}
	s.seen[node] = max(s.seen[node], at)
	return reply
}

// lastWrite works on one of the replicas, which now and then tell each other everything.
func (s *services) lastWrite(o order) map[string]any {
	at, other := s.random.IntN(len(s.replicas)), s.random.IntN(len(s.replicas))
	for key, v := range s.replicas[other] {
		if v.at > s.replicas[at][key].at {
			s.replicas[at][key] = v
		}
	}
	key := canonical(o.Key)
	held, there := s.replicas[at][key]
	s.clock++
	switch {
	case o.Type == "write":
		s.replicas[at][key] = stamped{s.clock, o.Value}
		return map[string]any{"type": "write_ok"}
	case o.Type != "read" && o.Type != "cas":
		return fault(10, "a store knows read, write, cas; not "+o.Type)
	case !there && !(o.Type == "cas" && o.Create):
		return fault(codeNoKey, "key does not exist")
	case o.Type == "read":
		return map[string]any{"type": "read_ok", "value": held.value}
	case there && canonical(held.value) != canonical(o.From):
		return fault(codeMismatch, "current value "+string(held.value)+" is not "+string(o.From))
	}
	s.replicas[at][key] = stamped{s.clock, o.To}
	return map[string]any{"type": "cas_ok"}
}

// canonical is JSON without needless space and with the keys of objects in order, so that
// equal values are equal texts.
func canonical(value json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return string(value)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return string(value)
	}
	return string(text)
}
