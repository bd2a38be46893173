// Package call is what clients ask of the protocols and what they are answered:
// one JSON object each way, the same as the demo speaks, so that one client fits
// all of them. It knows no protocol.
package call

import (
	"encoding/json"
	"fmt"
)

// The functions that clients ask for. Which of them a protocol knows follows from
// the data type that it offers.
const (
	Read  = "read"
	Write = "write"
	CAS   = "cas"

	Propose = "propose"
	Learn   = "learn"

	Send    = "send"
	Receive = "receive"

	Acquire = "acquire"
	Release = "release"
)

// Request is what a client asks: {"f":"cas","key":"x","old":1,"new":2}. Write,
// propose and send take a value; acquire takes the owner as value and the hold in
// milliseconds as old, release the owner.
type Request struct {
	F     string `json:"f"`
	Key   string `json:"key,omitempty"`
	Value int    `json:"value,omitempty"`
	Old   int    `json:"old,omitempty"`
	New   int    `json:"new,omitempty"`
}

// Answer is either OK or has an Error.
type Answer struct {
	OK bool `json:"ok"`
	// Found and Value answer read, learn and receive; Value answers propose too.
	Found bool `json:"found"`
	Value int  `json:"value"`
	// Swapped answers cas, acquire and release.
	Swapped bool `json:"swapped"`
	// Number is a fencing token.
	Number int    `json:"number,omitempty"`
	Error  string `json:"error,omitempty"`
	// NoEffect says that the request certainly had no effect and never will.
	NoEffect bool `json:"no_effect,omitempty"`
}

// Parse reads a request.
func Parse(body []byte) (Request, error) {
	var r Request
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("request does not decode: %w", err)
	}
	return r, nil
}

// ParseAnswer reads an answer.
func ParseAnswer(body []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("answer does not decode: %w", err)
	}
	return a, nil
}

// Body is the request as it travels.
func (r Request) Body() []byte { return encode(r) }

// Body is the answer as it travels.
func (a Answer) Body() []byte { return encode(a) }

// Done answers what has nothing to tell but that it happened.
func Done() Answer { return Answer{OK: true} }

// Valued answers with a value that is there.
func Valued(value int) Answer { return Answer{OK: true, Found: true, Value: value} }

// Maybe answers with a value if it was found.
func Maybe(value int, found bool) Answer {
	if !found {
		return Done()
	}
	return Valued(value)
}

// Refused answers a request that certainly had no effect.
func Refused(format string, args ...any) Answer {
	return Answer{Error: fmt.Sprintf(format, args...), NoEffect: true}
}

// Unknown answers a request for a function that the protocol does not have.
func Unknown(f, known string) Answer { return Refused("no function %q: there are %s", f, known) }

func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a struct of numbers and strings does not encode: %v", err))
	}
	return body
}
