// Command node is a node for every workload of Maelstrom, right by default; its first
// argument makes it wrong in the way that belongs to the workload.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"
)

type message struct {
	Src  string         `json:"src"`
	Dest string         `json:"dest"`
	Body map[string]any `json:"body"`
}

// node is everything that a node knows.
type node struct {
	wrong string

	mu         sync.Mutex
	id         string
	all        []string
	neighbours []string
	last       int
	waiting    map[int]chan map[string]any

	counter  int
	messages map[int]bool
	values   map[string]any
	logs     map[string][]any
	offsets  map[string]any
}

var out sync.Mutex

func main() {
	n := &node{waiting: map[int]chan map[string]any{}, messages: map[int]bool{}, values: map[string]any{}, logs: map[string][]any{}, offsets: map[string]any{}}
	if len(os.Args) > 1 {
		n.wrong = os.Args[1]
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var m message
		if err := json.Unmarshal(in.Bytes(), &m); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		n.take(m)
	}
}

func (n *node) send(dest string, body map[string]any) {
	text, _ := json.Marshal(message{n.id, dest, body})
	out.Lock()
	defer out.Unlock()
	fmt.Println(string(text))
}

func (n *node) reply(to message, body map[string]any) {
	body["in_reply_to"] = to.Body["msg_id"]
	n.send(to.Src, body)
}

// failure is an error with Maelstrom's code.
type failure struct {
	code int
	text string
}

func (f failure) Error() string { return f.text }

// ask sends a request to a node or service and waits for its answer.
func (n *node) ask(dest string, body map[string]any) (map[string]any, error) {
	n.mu.Lock()
	n.last++
	id := n.last
	answer := make(chan map[string]any, 1)
	n.waiting[id] = answer
	n.mu.Unlock()
	body["msg_id"] = id
	n.send(dest, body)
	defer func() { n.mu.Lock(); delete(n.waiting, id); n.mu.Unlock() }()
	select {
	case a := <-answer:
		if a["type"] == "error" {
			return nil, failure{int(a["code"].(float64)), fmt.Sprint(a["text"])}
		}
		return a, nil
	case <-time.After(500 * time.Millisecond):
		return nil, failure{0, "no answer from " + dest}
	}
}

func (n *node) take(m message) {
	if id, is := m.Body["in_reply_to"].(float64); is {
		n.mu.Lock()
		answer := n.waiting[int(id)]
		n.mu.Unlock()
		if answer != nil {
			answer <- m.Body
		}
		return
	}
	go n.handle(m)
}

func (n *node) handle(m message) {
	body, err := n.execute(m)
	var f failure
	switch {
	case errors.As(err, &f):
		n.reply(m, map[string]any{"type": "error", "code": f.code, "text": f.text})
	case err != nil:
		n.reply(m, map[string]any{"type": "error", "code": 13, "text": err.Error()})
	case body != nil:
		body["type"] = fmt.Sprint(m.Body["type"]) + "_ok"
		n.reply(m, body)
	}
}

func (n *node) execute(m message) (map[string]any, error) {
	b := m.Body
	switch b["type"] {
	case "init":
		n.init(b)
		return map[string]any{}, nil
	case "topology":
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, name := range b["topology"].(map[string]any)[n.id].([]any) {
			n.neighbours = append(n.neighbours, name.(string))
		}
		return map[string]any{}, nil
	case "echo":
		if n.wrong != "" && rand.IntN(10) == 0 {
			return map[string]any{"echo": 0}, nil
		}
		return map[string]any{"echo": b["echo"]}, nil
	case "generate":
		return n.generate(), nil
	case "broadcast", "gossip":
		return n.broadcast(m)
	case "add":
		return n.add(int(b["delta"].(float64)))
	case "txn":
		return n.transact(b["txn"].([]any))
	case "send", "poll", "commit_offsets", "list_committed_offsets":
		return n.log(b)
	case "read":
		if b["key"] != nil {
			return n.register(b)
		}
		return n.read()
	case "write", "cas":
		return n.register(b)
	}
	return nil, failure{10, fmt.Sprintf("not supported: %v", b["type"])}
}

func (n *node) init(b map[string]any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.id = b["node_id"].(string)
	for _, name := range b["node_ids"].([]any) {
		n.all = append(n.all, name.(string))
	}
	if n.wrong == "" {
		go n.gossip()
	}
}

// generate: a name, the time of its start and a count; wrong: whatever comes by chance.
func (n *node) generate() map[string]any {
	if n.wrong != "" {
		return map[string]any{"id": rand.IntN(500)}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.counter++
	return map[string]any{"id": fmt.Sprintf("%s-%d-%d", n.id, os.Getpid(), n.counter)}
}

// gossip tells neighbours everything again and again; the wrong node tells them once.
func (n *node) gossip() {
	for ; ; time.Sleep(100 * time.Millisecond) {
		n.mu.Lock()
		all, to := slices.Collect(maps.Keys(n.messages)), slices.Clone(n.neighbours)
		n.mu.Unlock()
		for _, name := range to {
			if len(all) > 0 {
				n.send(name, map[string]any{"type": "gossip", "messages": all})
			}
		}
	}
}

func (n *node) broadcast(m message) (map[string]any, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if m.Body["type"] == "gossip" {
		for _, v := range m.Body["messages"].([]any) {
			n.messages[int(v.(float64))] = true
		}
		return nil, nil
	}
	v := int(m.Body["message"].(float64))
	if n.messages[v] {
		return reply(m), nil
	}
	n.messages[v] = true
	for _, name := range n.neighbours {
		if name != m.Src {
			n.send(name, map[string]any{"type": "broadcast", "message": v})
		}
	}
	return reply(m), nil
}

// reply is nothing for those who did not ask for one.
func reply(m message) map[string]any {
	if m.Body["msg_id"] == nil {
		return nil
	}
	return map[string]any{}
}

// add counts under a key of its own at seq-kv; the wrong node keeps its count to itself.
func (n *node) add(by int) (map[string]any, error) {
	if n.wrong != "" {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.counter += by
		return map[string]any{}, nil
	}
	for {
		now, err := n.count("seq-kv", "count-"+n.id)
		if err != nil {
			return nil, err
		}
		_, err = n.ask("seq-kv", map[string]any{"type": "cas", "key": "count-" + n.id, "from": now, "to": now + by, "create_if_not_exists": true})
		var f failure
		if errors.As(err, &f) && f.code == 22 {
			continue
		}
		return map[string]any{}, err
	}
}

func (n *node) count(service, key string) (int, error) {
	answer, err := n.ask(service, map[string]any{"type": "read", "key": key})
	var f failure
	if errors.As(err, &f) && f.code == 20 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return int(answer["value"].(float64)), nil
}

// read is of messages where there are neighbours, and of the counter elsewhere. A write
// to seq-kv first makes what is read after it the present.
func (n *node) read() (map[string]any, error) {
	n.mu.Lock()
	messages, counter, isBroadcast := slices.Collect(maps.Keys(n.messages)), n.counter, n.neighbours != nil
	n.mu.Unlock()
	if isBroadcast {
		return map[string]any{"messages": append([]int{}, messages...)}, nil
	}
	if n.wrong != "" {
		return map[string]any{"value": counter}, nil
	}
	if _, err := n.ask("seq-kv", map[string]any{"type": "write", "key": "fence", "value": rand.Int32()}); err != nil {
		return nil, err
	}
	sum := 0
	for _, name := range n.all {
		c, err := n.count("seq-kv", "count-"+name)
		if err != nil {
			return nil, err
		}
		sum += c
	}
	return map[string]any{"value": sum}, nil
}

// register passes everything on to lin-kv; the wrong node has registers of its own.
func (n *node) register(b map[string]any) (map[string]any, error) {
	if n.wrong == "" {
		asked := maps.Clone(b)
		answer, err := n.ask("lin-kv", asked)
		if err != nil {
			return nil, err
		}
		return map[string]any{"value": answer["value"]}, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := fmt.Sprint(b["key"])
	value, there := n.values[key]
	switch {
	case b["type"] == "write":
		n.values[key] = b["value"]
	case !there:
		return nil, failure{20, "no such key"}
	case b["type"] == "cas" && value != b["from"]:
		return nil, failure{22, "mismatch"}
	case b["type"] == "cas":
		n.values[key] = b["to"]
	}
	return map[string]any{"value": value}, nil
}

// update changes something that lin-kv holds, by trying until nobody was faster.
func (n *node) update(key string, change func(old any) any) error {
	for {
		var old any
		answer, err := n.ask("lin-kv", map[string]any{"type": "read", "key": key})
		var f failure
		switch {
		case errors.As(err, &f) && f.code == 20:
		case err != nil:
			return failure{11, "nothing was changed: " + err.Error()}
		default:
			old = answer["value"]
		}
		changed := change(old)
		_, err = n.ask("lin-kv", map[string]any{"type": "cas", "key": key, "from": old, "to": changed, "create_if_not_exists": true})
		if errors.As(err, &f) && f.code == 22 {
			continue
		}
		return err
	}
}

// log keeps each partition in one value of lin-kv; the wrong node has logs of its own.
func (n *node) log(b map[string]any) (map[string]any, error) {
	switch b["type"] {
	case "send":
		return n.append(b)
	case "poll":
		all := map[string]any{}
		for key, from := range b["offsets"].(map[string]any) {
			list, err := n.partition(key)
			if err != nil {
				return nil, err
			}
			pairs := [][2]any{}
			for i := int(from.(float64)); i < len(list); i++ {
				pairs = append(pairs, [2]any{i, list[i]})
			}
			all[key] = pairs
		}
		return map[string]any{"msgs": all}, nil
	case "commit_offsets":
		return map[string]any{}, n.update("offsets", func(old any) any {
			merged := map[string]any{}
			if m, is := old.(map[string]any); is {
				maps.Copy(merged, m)
			}
			maps.Copy(merged, b["offsets"].(map[string]any))
			return merged
		})
	}
	answer, err := n.ask("lin-kv", map[string]any{"type": "read", "key": "offsets"})
	if err != nil {
		return map[string]any{"offsets": map[string]any{}}, nil
	}
	return map[string]any{"offsets": answer["value"]}, nil
}

func (n *node) append(b map[string]any) (map[string]any, error) {
	key := b["key"].(string)
	if n.wrong != "" {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.logs[key] = append(n.logs[key], b["msg"])
		return map[string]any{"offset": len(n.logs[key]) - 1}, nil
	}
	offset := 0
	err := n.update("log-"+key, func(old any) any {
		list, _ := old.([]any)
		offset = len(list)
		return append(slices.Clone(list), b["msg"])
	})
	return map[string]any{"offset": offset}, err
}

func (n *node) partition(key string) ([]any, error) {
	if n.wrong != "" {
		n.mu.Lock()
		defer n.mu.Unlock()
		return slices.Clone(n.logs[key]), nil
	}
	answer, err := n.ask("lin-kv", map[string]any{"type": "read", "key": "log-" + key})
	var f failure
	if errors.As(err, &f) && f.code == 20 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return answer["value"].([]any), nil
}

// transact keeps everything in one value of lin-kv; the wrong node executes on what it has
// itself.
func (n *node) transact(ops []any) (map[string]any, error) {
	var done []any
	change := func(old any) any {
		state := map[string]any{}
		if m, is := old.(map[string]any); is {
			maps.Copy(state, m)
		}
		done = apply(state, ops)
		return state
	}
	if n.wrong != "" {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.values = change(n.values).(map[string]any)
		return map[string]any{"txn": done}, nil
	}
	err := n.update("state", change)
	return map[string]any{"txn": done}, err
}

func apply(state map[string]any, ops []any) []any {
	var done []any
	for _, o := range ops {
		op := o.([]any)
		key := fmt.Sprint(op[1])
		switch op[0] {
		case "r":
			done = append(done, []any{"r", op[1], state[key]})
			continue
		case "w":
			state[key] = op[2]
		case "append":
			list, _ := state[key].([]any)
			state[key] = append(slices.Clone(list), op[2])
		}
		done = append(done, op)
	}
	return done
}
