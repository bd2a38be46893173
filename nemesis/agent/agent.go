//go:build linux

// Package agent does what only root on the machine of the containers can do: it
// enters the network namespaces of a cluster's nodes and drops, delays or changes
// packets there. Everything it does ends with its process, however that ends,
// because the kernel removes its rules together with its sockets; it never
// touches the namespace of the host.
package agent

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// longestRequest bounds a line: some thousand nodes' worth.
const longestRequest = 1 << 20

// Main serves requests until stdin ends, which means that the runtime is gone,
// and heals everything before it returns.
func Main(stdin io.Reader, stdout io.Writer) error {
	a := &agent{stations: map[string]*station{}, disks: disks{}}
	return errors.Join(a.serve(stdin, stdout), a.leave(), a.clocks.heal(), a.healAll(), a.disks.close())
}

// agent serves one request at a time.
type agent struct {
	// stations are kept by incarnation.
	stations map[string]*station
	clocks   clocks
	disks    disks
	// lookout is there while links are observed together with other agents.
	lookout *lookout
}

func (a *agent) serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestRequest)
	answers := json.NewEncoder(out)
	for lines.Scan() {
		if err := answers.Encode(a.answerLine(lines.Bytes())); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read a request: %w", err)
	}
	return nil
}

func (a *agent) answerLine(line []byte) protocol.Response {
	var q protocol.Request
	if err := json.Unmarshal(line, &q); err != nil {
		return failure(fmt.Errorf("not a request: %w", err))
	}
	return a.answer(q)
}

func (a *agent) answer(q protocol.Request) protocol.Response {
	switch q.Operation {
	case protocol.Ping:
		return protocol.Response{}
	case protocol.Rules:
		return a.rules(q.Nodes)
	case protocol.Reach:
		return reach(q.Nodes, q.Stranger)
	case protocol.Count:
		return a.counts(q.Nodes)
	case protocol.Measure:
		return measure(q.Nodes, q.Links, q.Text)
	case protocol.Knock:
		return knock(q.Nodes, q.Links)
	case protocol.Clocks:
		return a.clocks.set(q.Nodes)
	case protocol.Times:
		return a.clocks.times(q.Nodes)
	case protocol.Disks:
		return a.disks.set(q.Nodes)
	case protocol.LookAtDisks:
		return a.disks.look(q.Nodes)
	case protocol.Power:
		return a.disks.fail(q.Nodes)
	case protocol.Damage:
		return a.disks.hurt(q.Nodes)
	case protocol.Check:
		if q.Alone {
			return checkAlone()
		}
		return check()
	}
	return a.look(q)
}

// look is for the operations of agents that observe links together.
func (a *agent) look(q protocol.Request) protocol.Response {
	switch q.Operation {
	case protocol.Open:
		return a.open(q)
	case protocol.Send, protocol.Judge, protocol.Call:
		if a.lookout == nil {
			return failure(errors.New("no sockets are open"))
		}
		return a.lookout.answer(q)
	case protocol.Leave:
		if err := a.leave(); err != nil {
			return failure(err)
		}
		return protocol.Response{}
	}
	return failure(fmt.Errorf("unknown operation %q", q.Operation))
}

func failure(err error) protocol.Response { return protocol.Response{Error: err.Error()} }
