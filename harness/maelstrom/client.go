//go:build unix

package maelstrom

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/workloads"
)

// asker is somebody outside who sends requests to nodes, one at a time.
type asker struct {
	name string
	last int64

	mu      sync.Mutex
	waiting int64
	answer  chan message
}

// newAsker makes one with a name of its own.
func (c *Cluster) newAsker() *asker {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.named++
	a := &asker{name: fmt.Sprintf("c%d", c.named)}
	c.askers[a.name] = a
	return a
}

func (c *Cluster) forget(a *asker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.askers, a.name)
}

// hear takes the answer that is waited for, and drops all others.
func (a *asker) hear(m message) {
	var b body
	if json.Unmarshal(m.Body, &b) != nil || b.InReplyTo == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if *b.InReplyTo == a.waiting {
		a.waiting = 0
		a.answer <- m
	}
}

// ask sends a request and waits for its answer, or until the node has gone.
func (a *asker) ask(ctx context.Context, node string, content map[string]any, send func(message), gone <-chan struct{}) (json.RawMessage, error) {
	a.last++
	content["msg_id"] = a.last
	text, err := json.Marshal(content)
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	answer := make(chan message, 1)
	a.mu.Lock()
	a.waiting, a.answer = a.last, answer
	a.mu.Unlock()
	send(message{Src: a.name, Dest: node, Body: text})
	select {
	case m := <-answer:
		return m.Body, failed(m.Body, content["type"].(string))
	case <-gone:
		return nil, errors.New("the node has ended")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// failed is the error that an answer tells, or is.
func failed(text json.RawMessage, asked string) error {
	var b body
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	switch {
	case b.Type == "error" && b.Code == nil:
		return fmt.Errorf("it answered an error without a code: %.100s", text)
	case b.Type == "error":
		f := &failure{*b.Code, b.Text}
		if f.definite() {
			return workloads.NoEffect(f)
		}
		return f
	case b.Type != asked+"_ok":
		return fmt.Errorf("it answered %s with %q, not %q", asked, b.Type, asked+"_ok")
	}
	return nil
}

// client speaks to one node. It has the methods of all data types that Maelstrom's
// workloads are about, and offers those of one.
type client struct {
	kind    kind
	cluster *Cluster
	node    *Node
	asker   *asker
}

var (
	_ workloads.Partial              = (*client)(nil)
	_ workloads.Echo                 = (*client)(nil)
	_ workloads.Identifiers          = (*client)(nil)
	_ workloads.Set                  = (*client)(nil)
	_ workloads.Counter              = (*client)(nil)
	_ workloads.Log                  = (*client)(nil)
	_ workloads.ConsumerGroup        = (*client)(nil)
	_ workloads.Register             = (*client)(nil)
	_ workloads.ListTransactions     = (*client)(nil)
	_ workloads.RegisterTransactions = (*client)(nil)
)

// Offers implements workloads.Partial.
func (c *client) Offers(dataType string) error {
	for _, t := range c.kind.types {
		if t == dataType {
			return nil
		}
	}
	return fmt.Errorf("nodes for Maelstrom's workload %s do not offer it", c.kind.name)
}

// Close implements cluster.Client.
func (c *client) Close() error {
	if c.cluster != nil {
		c.cluster.forget(c.asker)
	}
	return nil
}

// ask executes a request at the node. One that is not ready for it does not get it.
func (c *client) ask(ctx context.Context, content map[string]any, into any) error {
	if err := c.node.isReady(); err != nil {
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	}
	link := cluster.Link{From: cluster.Clients, To: c.node.name}
	send := func(m message) { c.cluster.network.send(link, func() { c.node.deliver(m) }) }
	text, err := c.asker.ask(ctx, c.node.name, content, send, c.node.current().process.Exited())
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("it answered %.200s: %w", text, err)
	}
	return nil
}

// look is ask for what changes nothing.
func (c *client) look(ctx context.Context, content map[string]any, into any) error {
	return workloads.NoEffect(c.ask(ctx, content, into))
}

func isCode(err error, code int) bool {
	var f *failure
	return errors.As(err, &f) && f.code == code
}

var errNothing = errors.New("the answer lacks what was asked for")

// Echo implements workloads.Echo.
func (c *client) Echo(ctx context.Context, value int) (int, error) {
	var answer struct{ Echo *int }
	err := c.ask(ctx, map[string]any{"type": "echo", "echo": value}, &answer)
	if err == nil && answer.Echo == nil {
		err = errNothing
	}
	if err != nil {
		return 0, err
	}
	return *answer.Echo, nil
}

// Generate implements workloads.Identifiers. An identifier may be any JSON; equal ones get
// equal numbers.
func (c *client) Generate(ctx context.Context) (int64, error) {
	var answer struct{ ID json.RawMessage }
	err := c.ask(ctx, map[string]any{"type": "generate"}, &answer)
	if err == nil && (len(answer.ID) == 0 || string(answer.ID) == "null") {
		err = errNothing
	}
	if err != nil {
		return 0, err
	}
	return int64(c.cluster.numbers.of("id", canonical(answer.ID))), nil
}

// Add implements workloads.Set by Maelstrom's broadcast. There is one set of messages: each
// is remembered to belong to a set of ours.
func (c *client) Add(ctx context.Context, set string, element int) error {
	c.cluster.numbers.assign(element, set)
	return c.ask(ctx, map[string]any{"type": "broadcast", "message": element}, nil)
}

// Elements implements workloads.Set. A message that nobody sent is in all sets.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	var answer struct{ Messages *[]*int }
	if err := c.look(ctx, map[string]any{"type": "read"}, &answer); err != nil {
		return nil, err
	}
	if answer.Messages == nil {
		return nil, workloads.NoEffect(errNothing)
	}
	elements := []int{}
	for _, m := range *answer.Messages {
		if m == nil {
			return nil, workloads.NoEffect(errNothing)
		}
		if of := c.cluster.numbers.setOf(*m); of == "" || of == set {
			elements = append(elements, *m)
		}
	}
	return elements, nil
}

// Increment implements workloads.Counter. Maelstrom has one counter.
func (c *client) Increment(ctx context.Context, _ string, by int) error {
	return c.ask(ctx, map[string]any{"type": "add", "delta": by}, nil)
}

// Count implements workloads.Counter.
func (c *client) Count(ctx context.Context, _ string) (int, error) {
	value, found, err := c.value(ctx, map[string]any{"type": "read"})
	if err == nil && !found {
		err = workloads.NoEffect(errNothing)
	}
	return value, err
}

func (c *client) value(ctx context.Context, content map[string]any) (value int, found bool, err error) {
	var answer struct{ Value *int }
	if err := c.look(ctx, content, &answer); err != nil || answer.Value == nil {
		return 0, false, err
	}
	return *answer.Value, true, nil
}

// key is the number by which a node knows one of our keys: Maelstrom's are numbers.
func (c *client) key(name string) int { return c.cluster.numbers.of("key", name) }

// Read implements workloads.Register.
func (c *client) Read(ctx context.Context, key string) (int, bool, error) {
	value, found, err := c.value(ctx, map[string]any{"type": "read", "key": c.key(key)})
	if isCode(err, codeNoKey) {
		return 0, false, nil
	}
	return value, found, err
}

// Write implements workloads.Register.
func (c *client) Write(ctx context.Context, key string, value int) error {
	return c.ask(ctx, map[string]any{"type": "write", "key": c.key(key), "value": value}, nil)
}

// CompareAndSet implements workloads.Register. A key that is not there equals nothing.
func (c *client) CompareAndSet(ctx context.Context, key string, old, new int) (bool, error) {
	err := c.ask(ctx, map[string]any{"type": "cas", "key": c.key(key), "from": old, "to": new}, nil)
	if isCode(err, codeMismatch) || isCode(err, codeNoKey) {
		return false, nil
	}
	return err == nil, err
}

// partition is a log's key in Maelstrom, which is a text.
func (c *client) partition(name string) string { return fmt.Sprint(c.key(name)) }

// Append implements workloads.Log.
func (c *client) Append(ctx context.Context, partition string, value int) (int64, error) {
	var answer struct{ Offset *int64 }
	err := c.ask(ctx, map[string]any{"type": "send", "key": c.partition(partition), "msg": value}, &answer)
	if err == nil && answer.Offset == nil {
		err = errNothing
	}
	if err != nil {
		return 0, err
	}
	return *answer.Offset, nil
}

// Records implements workloads.Log. A node says itself how many it answers with.
func (c *client) Records(ctx context.Context, partition string, from int64, most int) ([]workloads.Record, error) {
	key := c.partition(partition)
	var answer struct{ Msgs map[string][][2]*int }
	if err := c.look(ctx, map[string]any{"type": "poll", "offsets": map[string]int64{key: from}}, &answer); err != nil {
		return nil, err
	}
	records := []workloads.Record{}
	for _, pair := range answer.Msgs[key] {
		if pair[0] == nil || pair[1] == nil {
			return nil, workloads.NoEffect(errNothing)
		}
		if len(records) < most {
			records = append(records, workloads.Record{Offset: int64(*pair[0]), Value: *pair[1]})
		}
	}
	return records, nil
}

// errOneGroup is why only one group can be had.
var errOneGroup = errors.New("a log of Maelstrom knows one group only: use --set groups=1")

// Poll implements workloads.ConsumerGroup.
func (c *client) Poll(ctx context.Context, group, partition string, most int) ([]workloads.Record, error) {
	if c.cluster.numbers.of("group", group) != 0 {
		return nil, workloads.NoEffect(errOneGroup)
	}
	key := c.partition(partition)
	var answer struct{ Offsets map[string]int64 }
	if err := c.look(ctx, map[string]any{"type": "list_committed_offsets", "keys": []string{key}}, &answer); err != nil {
		return nil, err
	}
	from := int64(0)
	if committed, there := answer.Offsets[key]; there {
		from = committed + 1
	}
	return c.Records(ctx, partition, from, most)
}

// Commit implements workloads.ConsumerGroup.
func (c *client) Commit(ctx context.Context, group, partition string, offset int64) error {
	if c.cluster.numbers.of("group", group) != 0 {
		return workloads.NoEffect(errOneGroup)
	}
	return c.ask(ctx, map[string]any{"type": "commit_offsets", "offsets": map[string]int64{c.partition(partition): offset}}, nil)
}

// TransactLists implements workloads.ListTransactions.
func (c *client) TransactLists(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.transact(ctx, ops, true)
}

// TransactRegisters implements workloads.RegisterTransactions.
func (c *client) TransactRegisters(ctx context.Context, ops []transaction.Op) ([]transaction.Op, error) {
	return c.transact(ctx, ops, false)
}

func (c *client) transact(ctx context.Context, ops []transaction.Op, lists bool) ([]transaction.Op, error) {
	numbered := make([]any, len(ops))
	for i, op := range ops {
		numbered[i] = []any{op.Kind.String(), c.key(op.Key), nil}
		if op.Kind != transaction.Read {
			numbered[i] = []any{op.Kind.String(), c.key(op.Key), op.Value}
		}
	}
	var answer struct{ Txn [][]json.RawMessage }
	if err := c.ask(ctx, map[string]any{"type": "txn", "txn": numbered}, &answer); err != nil {
		return nil, err
	}
	done := append([]transaction.Op(nil), ops...)
	if len(answer.Txn) != len(ops) {
		return nil, fmt.Errorf("a transaction of %d operations was answered with %d", len(ops), len(answer.Txn))
	}
	for i := range done {
		if err := c.fill(&done[i], answer.Txn[i], lists); err != nil {
			return nil, fmt.Errorf("operation %d of the transaction: %w", i+1, err)
		}
	}
	return done, nil
}

// fill puts what a read found into it, and sees that the answer is to this operation.
func (c *client) fill(op *transaction.Op, answer []json.RawMessage, lists bool) error {
	if len(answer) != 3 || canonical(answer[0]) != `"`+op.Kind.String()+`"` || canonical(answer[1]) != fmt.Sprint(c.key(op.Key)) {
		return fmt.Errorf("it was answered with %s", answer)
	}
	if op.Kind != transaction.Read || string(answer[2]) == "null" {
		return nil
	}
	op.Found = true
	if !lists {
		return json.Unmarshal(answer[2], &op.Value)
	}
	var list []*int
	if err := json.Unmarshal(answer[2], &list); err != nil {
		return err
	}
	op.List = []int{}
	for _, element := range list {
		if element == nil {
			return errNothing
		}
		op.List = append(op.List, *element)
	}
	return nil
}
