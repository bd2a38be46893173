// Package program lets any program be a client: it is spoken to in lines of JSON on
// its standard streams, as harness/client/PROTOCOL.md says. Whatever a program does
// wrong (nonsense, silence, death, an answer too many) makes the operation's outcome
// unknown, never failed, and the program is replaced.
package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// version is the protocol's.
const version = 1

// Hello is the first line that a program gets: to which node it will speak. In a trial
// that only finds out what it can do, node and address are empty.
type Hello struct {
	Assay   int    `json:"assay"`
	Node    string `json:"node"`
	Address string `json:"address"`
	// Ports are the addresses of all ports of the node, by name.
	Ports    map[string]string `json:"ports,omitempty"`
	Workload string            `json:"workload,omitempty"`
}

// welcome is the first line that a program prints.
type welcome struct {
	Assay      *int     `json:"assay"`
	Operations []string `json:"operations"`
}

// request is an operation, as a line.
type request struct {
	ID int64 `json:"id"`
	client.Call
	TimeoutMS int64 `json:"timeout_ms"`
}

// completion is the line that answers it.
type completion struct {
	ID    *int64        `json:"id"`
	Type  string        `json:"type"`
	Value history.Value `json:"value"`
	Error string        `json:"error"`
}

func parseWelcome(line []byte) ([]string, error) {
	var w welcome
	if err := json.Unmarshal(line, &w); err != nil {
		return nil, fmt.Errorf("it did not answer the first line with JSON but with %s: %w", shorten(line), err)
	}
	if w.Assay == nil || *w.Assay != version {
		return nil, fmt.Errorf(`it answered the first line with %s; that has to begin with {"assay":%d, "operations":[...]}`, shorten(line), version)
	}
	if len(w.Operations) == 0 {
		return nil, errors.New("it offers no operations")
	}
	for _, f := range w.Operations {
		if !slices.Contains(client.Names(), f) {
			return nil, fmt.Errorf("it offers an operation %q; there are %s", f, strings.Join(client.Names(), ", "))
		}
	}
	return w.Operations, nil
}

// parse reads the line that has to complete an operation.
func parse(line []byte, id int64) (completion, error) {
	var c completion
	if err := json.Unmarshal(line, &c); err != nil {
		return c, fmt.Errorf("it printed %s, which is no JSON object: %w", shorten(line), err)
	}
	switch {
	case c.ID == nil:
		return c, fmt.Errorf("it printed %s, which has no id", shorten(line))
	case *c.ID < id:
		return c, fmt.Errorf("it answered operation %d again, or too late, while %d was under way", *c.ID, id)
	case *c.ID > id:
		return c, fmt.Errorf("it answered operation %d, which was never asked, while %d was under way", *c.ID, id)
	case !slices.Contains([]string{"ok", "fail", "info"}, c.Type):
		return c, fmt.Errorf("it answered with type %q; there are ok, fail, info", c.Type)
	}
	return c, nil
}

// result is what a completion says of its operation.
func (c completion) result() (history.Value, error) {
	switch {
	case c.Type == "ok":
		return c.Value, nil
	case c.Type == "fail" && c.Error == history.Mismatch:
		return history.Value{}, workloads.ErrMismatch
	}
	err := errors.New("the client says: " + c.Error)
	if c.Error == "" {
		err = errors.New("the client does not say why")
	}
	if c.Type == "fail" {
		err = workloads.NoEffect(err)
	}
	return history.Value{}, err
}

// shorten makes what a program printed fit into an error.
func shorten(line []byte) string {
	const most = 120
	text := strings.ToValidUTF8(string(line), "\uFFFD")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return fmt.Sprintf("%q", text)
}
