package maelstrom

import (
	"encoding/json"
	"fmt"
	"strings"
)

// message is a line of Maelstrom's protocol.
type message struct {
	Src  string          `json:"src"`
	Dest string          `json:"dest"`
	Body json.RawMessage `json:"body"`
}

// body is what Assay itself has to read of a message's body, and to write.
type body struct {
	Type      string `json:"type"`
	MsgID     *int64 `json:"msg_id,omitempty"`
	InReplyTo *int64 `json:"in_reply_to,omitempty"`
	// Of errors:
	Code *int   `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

// parse reads a line that a node has printed, and says what is wrong with it.
func parse(line []byte, from string) (message, error) {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return m, fmt.Errorf("it printed %.120q, which is no message: %w", line, err)
	}
	switch {
	case m.Src != from:
		return m, fmt.Errorf("it sent a message in the name of %q", m.Src)
	case m.Dest == "":
		return m, fmt.Errorf("it sent a message to nobody: %.120q", line)
	}
	var b body
	if err := json.Unmarshal(m.Body, &b); err != nil || b.Type == "" {
		return m, fmt.Errorf("it sent a message whose body has no type: %.120q", line)
	}
	return m, nil
}

// isClient says whether a name is that of a client; Maelstrom's begin with c.
func isClient(name string) bool { return strings.HasPrefix(name, "c") }

// failure is an error that a node or service has answered with.
type failure struct {
	code int
	text string
}

// The codes of Maelstrom's errors that are looked at one by one.
const (
	codeNoKey    = 20
	codeMismatch = 22
)

func (f *failure) Error() string { return fmt.Sprintf("error %d: %s", f.code, f.text) }

// definite says whether the error proves that nothing happened, as Maelstrom's protocol
// has it: all but timeouts (0), crashes (13) and what nodes have made up themselves.
func (f *failure) definite() bool {
	switch f.code {
	case 1, 10, 11, 12, 14, codeNoKey, 21, codeMismatch, 30:
		return true
	}
	return false
}
