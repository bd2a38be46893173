package raft

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/assaykit/assay/harness/actor"
)

// The functions that clients can ask for, and remove, which only a leader with
// the bug Redeliver does.
const (
	status   = "status"
	read     = "read"
	write    = "write"
	cas      = "cas"
	send     = "send"
	receive  = "receive"
	add      = "add"
	elements = "elements"
	remove   = "remove"
	transact = "transact"
)

// maxKey bounds the size of messages.
const maxKey = 1024

// Command is a client's request: {"f":"cas","key":"x","old":1,"new":2}. Write,
// send and add take a value.
type Command struct {
	F     string `json:"f,omitempty"`
	Key   string `json:"key,omitempty"`
	Value int    `json:"value,omitempty"`
	Old   int    `json:"old,omitempty"`
	New   int    `json:"new,omitempty"`
	// Micros are those of a transaction. Writes are for the bugs of isolation only.
	Micros []Micro `json:"micros,omitempty"`
	Writes []Micro `json:"writes,omitempty"`
}

// Response answers a Command. Either OK is set, or Error.
type Response struct {
	OK bool `json:"ok"`
	// Found and Value answer read and receive.
	Found bool `json:"found"`
	Value int  `json:"value"`
	// Swapped answers cas.
	Swapped bool `json:"swapped"`
	// Elements answers elements, in ascending order.
	Elements []int `json:"elements,omitzero"`
	// Micros answer transact.
	Micros []Micro `json:"micros,omitempty"`
	// Number, Pairs and Changes answer the functions on objects.
	Number  int      `json:"number,omitempty"`
	Pairs   [][2]int `json:"pairs,omitzero"`
	Changes []Change `json:"changes,omitzero"`
	Error   string   `json:"error,omitempty"`
	// NoEffect says that the request certainly had no effect and never will.
	NoEffect bool `json:"no_effect,omitempty"`
}

// Status answers the request {"f":"status"}, at once and by the node itself.
type Status struct {
	OK      bool     `json:"ok"`
	ID      actor.ID `json:"id"`
	Role    Role     `json:"role"`
	Term    int      `json:"term"`
	Leader  actor.ID `json:"leader"`
	Commit  int      `json:"commit"`
	Applied int      `json:"applied"`
	Last    int      `json:"last"`
	// Clock is what time the node believes it is, in nanoseconds since 1970.
	Clock int64 `json:"clock"`
}

func (n node) status() Status {
	return Status{
		OK: true, ID: n.Self(), Role: n.Role, Term: n.Term, Leader: n.Leader,
		Commit: n.Commit, Applied: n.Applied, Last: n.last(), Clock: int64(n.WallClock()),
	}
}

func (c Command) readOnly() bool {
	return c.F == read || c.F == elements || c.F == transact && onlyReads(c.Micros) || functions[c.F].reads
}

// unconditional says that the answer does not depend on the state.
func (c Command) unconditional() bool {
	return c.F == write || c.F == send || c.F == add || functions[c.F].early
}

// argument is what a function needs of a request, which may lack anything.
type argument struct {
	F     string `json:"f"`
	Key   string `json:"key"`
	Value *int   `json:"value"`
	Old   *int   `json:"old"`
	New   *int   `json:"new"`
	// Micros have no micro-operations of their own.
	Micros []argument `json:"micros"`
}

// parse reads a client's request.
func parse(body []byte) (Command, error) {
	var a argument
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&a); err != nil {
		return Command{}, fmt.Errorf("request does not decode: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Command{}, errors.New("request has something behind its end")
	}
	if len(a.Key) > maxKey {
		return Command{}, fmt.Errorf("key of %d bytes, more than the %d allowed", len(a.Key), maxKey)
	}
	return a.command()
}

func (a argument) command() (Command, error) {
	c := Command{F: a.F, Key: a.Key}
	switch a.F {
	case status, read, receive, elements:
		return c, nil
	case write, send, add:
		if a.Value == nil {
			return c, fmt.Errorf("%s needs a value", a.F)
		}
		c.Value = *a.Value
		return c, nil
	case cas:
		if a.Old == nil || a.New == nil {
			return c, errors.New("cas needs old and new")
		}
		c.Old, c.New = *a.Old, *a.New
		return c, nil
	case transact:
		return a.transaction()
	}
	return a.asked()
}

// refusal is the answer to a request that certainly had no effect.
func refusal(reason string) Response { return Response{Error: reason, NoEffect: true} }

func encode(answer any) []byte {
	body, err := json.Marshal(answer)
	if err != nil {
		panic(fmt.Sprintf("an answer does not encode: %v", err))
	}
	return body
}
