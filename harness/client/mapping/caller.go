package mapping

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// mostRead is how many bytes an answer may have.
const mostRead = 16 << 20

// Caller is a client.Caller that speaks to one address and no other, over one connection at
// a time, and never repeats a request.
type Caller struct {
	mapping *Mapping
	address string
	http    *http.Client
	// fresh is for requests that must not be repeated, each over a connection of its own.
	fresh *http.Client
}

// Caller makes a caller for an address. It connects with the first operation.
func (m *Mapping) Caller(address string) *Caller {
	return &Caller{
		mapping: m, address: address,
		http:  direct(&http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}),
		fresh: direct(&http.Transport{DisableKeepAlives: true, DisableCompression: true}),
	}
}

// direct has no proxy, no compression, no other host: nothing stands between.
func direct(transport *http.Transport) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// repeats says whether net/http would send a request again when a connection that was
// used before breaks under it: it takes it to change nothing, or nothing more
// (Request.isReplayable).
func repeats(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return len(r.Header.Values("Idempotency-Key"))+len(r.Header.Values("X-Idempotency-Key")) > 0
}

var _ client.Caller = (*Caller)(nil)

// Operations implements client.Caller.
func (c *Caller) Operations() []string { return c.mapping.names }

// Close implements client.Caller.
func (c *Caller) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Call implements client.Caller.
func (c *Caller) Call(ctx context.Context, call client.Call) (history.Value, error) {
	o := c.mapping.operations[call.F]
	known, _ := client.Find(call.F)
	value, err := c.exchange(ctx, o, call, known.Reads)
	if known.Reads {
		err = workloads.NoEffect(err)
	}
	return value, err
}

func (c *Caller) exchange(ctx context.Context, o operation, call client.Call, reads bool) (history.Value, error) {
	request, err := c.request(ctx, o, call)
	if err != nil {
		return history.Value{}, workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	}
	var connected atomic.Bool
	request = request.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	over := c.http
	if !reads && repeats(request) {
		over = c.fresh
	}
	answer, err := over.Do(request)
	switch {
	case err != nil && !connected.Load():
		return history.Value{}, workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	case err != nil:
		return history.Value{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostRead+1))
	return o.judge(answer.StatusCode, body, err)
}

// judge says what an answer means. The status alone decides where nothing is to be read.
func (o operation) judge(status int, body []byte, err error) (history.Value, error) {
	means, known := o.answers[status]
	switch {
	case !known:
		return history.Value{}, fmt.Errorf("status %d, which the mapping does not know: %s", status, shorten(body))
	case means.word == "mismatch":
		return history.Value{}, workloads.ErrMismatch
	case means.word == "fail":
		return history.Value{}, workloads.NoEffect(fmt.Errorf("status %d: %s", status, shorten(body)))
	case len(means.pointers) == 0:
		return history.Value{}, nil
	case err != nil:
		return history.Value{}, fmt.Errorf("read the answer: %w", err)
	case len(body) > mostRead:
		return history.Value{}, fmt.Errorf("the answer has more than %d bytes", mostRead)
	}
	value, err := means.find(body)
	if err != nil {
		return history.Value{}, fmt.Errorf("the answer %s: %w", shorten(body), err)
	}
	return value, nil
}

func shorten(body []byte) string {
	const most = 100
	if len(body) > most {
		body = append(body[:most:most], "..."...)
	}
	return strconv.Quote(string(body))
}

// find reads the answer from a body.
func (o outcome) find(body []byte) (history.Value, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var whole any
	if err := decoder.Decode(&whole); err != nil {
		return history.Value{}, fmt.Errorf("is no JSON: %w", err)
	}
	if decoder.More() {
		return history.Value{}, errors.New("is more than one JSON value")
	}
	var found []history.Value
	for _, pointer := range o.pointers {
		v, err := follow(whole, pointer)
		if err != nil {
			return history.Value{}, err
		}
		found = append(found, v)
	}
	if !o.list {
		return found[0], nil
	}
	return history.List(found...), nil
}

// follow follows a JSON pointer (RFC 6901).
func follow(v any, pointer string) (value history.Value, err error) {
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch in := v.(type) {
		case map[string]any:
			next, there := in[step]
			if !there {
				return value, fmt.Errorf("has no %s", pointer)
			}
			v = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return value, fmt.Errorf("has no %s", pointer)
			}
			v = in[i]
		default:
			return value, fmt.Errorf("has no %s", pointer)
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return value, err
	}
	return value, json.Unmarshal(text, &value)
}

// request makes the request of a call.
func (c *Caller) request(ctx context.Context, o operation, call client.Call) (*http.Request, error) {
	path, err := fill(o.path, call, asText)
	if err != nil {
		return nil, err
	}
	body, err := fill(o.body, call, asJSON)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, o.method, "http://"+c.address+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, headers := range []http.Header{c.mapping.headers, o.headers} {
		for name := range headers {
			r.Header.Set(name, headers.Get(name))
		}
	}
	return r, nil
}

// fill puts a call's key and value into a template.
func fill(template string, call client.Call, as func(any) (string, error)) (string, error) {
	text, err := json.Marshal(call.Value)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	var failed error
	filled := placeholder.ReplaceAllStringFunc(template, func(found string) string {
		name := strings.Trim(found, "{}")
		part := any(call.Key)
		if name != "key" {
			v, err := follow(value, strings.TrimPrefix(name, "value"))
			failed = errors.Join(failed, err)
			part = v
		}
		text, err := as(part)
		failed = errors.Join(failed, err)
		return text
	})
	return filled, failed
}

// asJSON is how a part stands in a body.
func asJSON(part any) (string, error) {
	text, err := json.Marshal(part)
	return string(text), err
}

// asText is how a part stands in a path or a query.
func asText(part any) (string, error) {
	text, err := json.Marshal(part)
	if err != nil {
		return "", err
	}
	var plain string
	if json.Unmarshal(text, &plain) != nil {
		plain = string(text)
	}
	return url.PathEscape(plain), nil
}
