package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/workloads"
)

// maxAnswer is more than a set of a run's elements needs.
const maxAnswer = 16 << 20

// request is what a client asks of a node.
type request struct {
	F     string `json:"f"`
	Key   string `json:"key,omitempty"`
	Value *int   `json:"value,omitempty"`
	Old   *int   `json:"old,omitempty"`
	New   *int   `json:"new,omitempty"`
}

// answer is what came back. Pointers tell what the node did not say.
type answer struct {
	OK       bool   `json:"ok"`
	Found    *bool  `json:"found"`
	Value    *int   `json:"value"`
	Swapped  *bool  `json:"swapped"`
	Elements []int  `json:"elements"`
	Error    string `json:"error"`
	NoEffect bool   `json:"no_effect"`

	// err is why there is no answer; nil if OK is set.
	err error
}

// ask makes one attempt. An error leaves the outcome open unless it is certain
// that no node ever saw the request, or the node itself says that it had no
// effect.
func (c *Client) ask(ctx context.Context, r request) answer {
	body, err := c.post(ctx, r)
	if err != nil {
		return answer{err: fmt.Errorf("%s: %w", r.F, err)}
	}
	return decode(r.F, body)
}

func decode(f string, body []byte) answer {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return answer{err: fmt.Errorf("%s: answer makes no sense: %q: %w", f, shorten(body), err)}
	}
	switch {
	case a.OK && a.Error == "" && !a.NoEffect:
	case a.OK || a.Error == "":
		a.err = fmt.Errorf("%s: answer makes no sense: %q", f, shorten(body))
	case a.NoEffect:
		a.err = workloads.NoEffect(fmt.Errorf("%s: %s", f, a.Error))
	default:
		a.err = fmt.Errorf("%s: %s", f, a.Error)
	}
	return a
}

// errIncomplete is about an answer that says less than it has to.
var errIncomplete = errors.New("answer lacks what was asked for")

func (a answer) valueFound() (value int, found bool, err error) {
	switch {
	case a.err != nil:
		return 0, false, a.err
	case a.Found == nil, a.Value == nil:
		return 0, false, errIncomplete
	case !*a.Found:
		return 0, false, nil
	}
	return *a.Value, true, nil
}

func (a answer) swapped() (bool, error) {
	switch {
	case a.err != nil:
		return false, a.err
	case a.Swapped == nil:
		return false, errIncomplete
	}
	return *a.Swapped, nil
}

func (a answer) elements() ([]int, error) {
	if a.err == nil && a.Elements == nil {
		return nil, errIncomplete
	}
	return a.Elements, a.err
}

// status asks the node what it thinks of itself.
func (c *Client) status(ctx context.Context) (raft.Status, error) {
	body, err := c.post(ctx, request{F: "status"})
	if err != nil {
		return raft.Status{}, err
	}
	var s raft.Status
	if err := json.Unmarshal(body, &s); err != nil || !s.OK {
		return raft.Status{}, fmt.Errorf("status makes no sense: %q", shorten(body))
	}
	return s, nil
}

// post sends a request and returns the whole of a good answer.
func (c *Client) post(ctx context.Context, request any) ([]byte, error) {
	content, err := json.Marshal(request)
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	if c.direct != nil {
		return c.postDirectly(ctx, content)
	}
	// A request for which no connection was had was never sent.
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.address+"/request", bytes.NewReader(content))
	if err != nil {
		return nil, workloads.NoEffect(err)
	}
	response, err := c.http.Do(post)
	if err != nil && (!connected.Load() || refused(err)) {
		return nil, workloads.NoEffect(err)
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return read(response)
}

func (c *Client) postDirectly(ctx context.Context, content []byte) ([]byte, error) {
	body, err := c.direct.Request(ctx, content)
	if errors.Is(err, cluster.ErrUnsent) {
		return nil, workloads.NoEffect(err)
	}
	return body, err
}

// refused says that the last that happened was an attempt to connect. The
// transport makes one only when it has sent nothing yet.
func refused(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "dial"
}

func read(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("half an answer: %w", err)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", response.Status, shorten(body))
	}
	return body, nil
}

// shorten makes an answer fit into a message for people.
func shorten(body []byte) string {
	const enough = 100
	if len(body) > enough {
		return string(body[:enough]) + "..."
	}
	return string(body)
}
