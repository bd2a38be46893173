package mapping

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/workloads"
)

func load(t *testing.T, content string) (*Mapping, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mapping.yaml")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Load(path)
	return m, path, err
}

// registers is a service of registers whose answers are wrapped in objects.
type registers struct {
	mu     sync.Mutex
	values map[string]string
	seen   []string
}

func (s *registers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.EscapedPath(), r.Header.Get("X-Who"), body))
	key := strings.TrimPrefix(r.URL.Path, "/registers/")
	switch {
	case key == "broken":
		w.WriteHeader(http.StatusInternalServerError)
	case key == "hangs up":
		panic(http.ErrAbortHandler)
	case key == "full":
		w.WriteHeader(http.StatusTooManyRequests)
	case r.Method == http.MethodGet && s.values[key] == "":
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		fmt.Fprintf(w, `{"data":[{"value":%s}]}`, s.values[key])
	case r.Method == http.MethodPut:
		s.values[key] = strings.TrimSuffix(strings.TrimPrefix(string(body), `{"value": `), `}`)
	case string(body) == `{"old": `+s.values[key]+`, "new": 9}`:
		s.values[key] = "9"
	default:
		w.WriteHeader(http.StatusConflict)
	}
}

const good = `
assay: 1
headers: {X-Who: assay}
operations:
  read:
    request: GET /registers/{key}
    answers:
      200: ok /data/0/value
      404: ok null
  write:
    request: PUT /registers/{key}
    headers: {X-Who: writer}
    body: '{"value": {value}}'
    answers: {200: ok, 429: fail}
  cas:
    request: POST /registers/{key}
    body: '{"old": {value/0}, "new": {value/1}}'
    answers: {200: ok, 409: mismatch}
`

func serve(t *testing.T) (*registers, *client.Client) {
	t.Helper()
	s := &registers{values: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	m, _, err := load(t, good)
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(m.Caller(strings.TrimPrefix(server.URL, "http://")))
	t.Cleanup(func() { c.Close() })
	return s, c
}

func TestRequestsAreOperations(t *testing.T) {
	s, c := serve(t)
	ctx := t.Context()
	if _, found, err := c.Read(ctx, "a b/c"); found || err != nil {
		t.Errorf("never written: %t, %v", found, err)
	}
	if err := c.Write(ctx, "a b/c", -7); err != nil {
		t.Fatal(err)
	}
	if v, found, err := c.Read(ctx, "a b/c"); v != -7 || !found || err != nil {
		t.Errorf("read %d, %t, %v", v, found, err)
	}
	if swapped, err := c.CompareAndSet(ctx, "a b/c", 1, 9); swapped || err != nil {
		t.Errorf("mismatch: %t, %v", swapped, err)
	}
	if swapped, err := c.CompareAndSet(ctx, "a b/c", -7, 9); !swapped || err != nil {
		t.Errorf("swap: %t, %v", swapped, err)
	}
	want := []string{"GET /registers/a%20b%2Fc assay ", `PUT /registers/a%20b%2Fc writer {"value": -7}`}
	if !slices.Equal(s.seen[:2], want) {
		t.Errorf("requests %q, want %q", s.seen[:2], want)
	}
}

// TestNothingIsTakenTwice: net/http would send a GET again that got no answer on a
// connection which was used before, whatever it does at the other end.
func TestNothingIsTakenTwice(t *testing.T) {
	var taken atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := taken.Add(1)
		if n == 2 {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, `{"message":%d}`, n)
	}))
	defer server.Close()
	m, _, err := load(t, `
assay: 1
operations:
  send: {request: 'PUT /{key}', body: '{value}', answers: {200: ok}}
  receive:
    request: GET /{key}/pop
    answers: {200: ok /message}
`)
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(m.Caller(strings.TrimPrefix(server.URL, "http://")))
	defer c.Close()
	if v, _, err := c.Receive(t.Context(), "q"); v != 1 || err != nil {
		t.Fatalf("received %d, %v", v, err)
	}
	if v, found, err := c.Receive(t.Context(), "q"); err == nil || workloads.IsNoEffect(err) || taken.Load() != 2 {
		t.Errorf("received %d, %t, %v, and %d messages were taken", v, found, err, taken.Load())
	}
}

// TestOnlyWhatCertainlyDidNotHappenFails goes through everything that can go wrong.
func TestOnlyWhatCertainlyDidNotHappenFails(t *testing.T) {
	_, c := serve(t)
	for _, key := range []string{"broken", "hangs up"} {
		if err := c.Write(t.Context(), key, 1); err == nil || workloads.IsNoEffect(err) {
			t.Errorf("write to %s: %v", key, err)
		}
		if _, _, err := c.Read(t.Context(), key); !workloads.IsNoEffect(err) {
			t.Errorf("read of %s: %v", key, err)
		}
	}
	if err := c.Write(t.Context(), "full", 1); !workloads.IsNoEffect(err) {
		t.Errorf("turned away: %v", err)
	}
}

func TestNobodyThereAndNobodyAnswering(t *testing.T) {
	m, _, err := load(t, good)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := client.New(m.Caller(listener.Addr().String()))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := c.Write(ctx, "k", 1); err == nil || workloads.IsNoEffect(err) {
		t.Errorf("nobody answers: %v", err)
	}
	listener.Close()
	if err := c.Write(t.Context(), "k", 1); !workloads.IsNoEffect(err) || !strings.Contains(err.Error(), "never sent") {
		t.Errorf("nobody is there: %v", err)
	}
}

// TestAnswersThatCannotBeReadAreUnknown answers a queue's receive, which changes
// something, with nonsense.
func TestAnswersThatCannotBeReadAreUnknown(t *testing.T) {
	m, _, err := load(t, "assay: 1\noperations:\n  receive:\n    request: POST /q\n    answers: {200: ok /m}\n  get:\n    request: GET /g\n    answers: {200: 'ok [/v, /n]'}\n")
	if err != nil {
		t.Fatal(err)
	}
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
	defer server.Close()
	c := client.New(m.Caller(strings.TrimPrefix(server.URL, "http://")))
	for _, answer = range []string{"", "no JSON", `{}`, `{"m":"3"}`, `{"m":3.5}`, `{"m":3}{"m":4}`, `{"m":[3]}`, `{"m":99999999999999999999}`} {
		if _, _, err := c.Receive(t.Context(), "q"); err == nil || workloads.IsNoEffect(err) {
			t.Errorf("%q: %v", answer, err)
		}
	}
	answer = `{"m":3,"v":4,"n":5}`
	if v, found, err := c.Receive(t.Context(), "q"); v != 3 || !found || err != nil {
		t.Errorf("%d, %t, %v", v, found, err)
	}
	if v, n, err := c.Get(t.Context(), "k"); v != 4 || n != 5 || err != nil {
		t.Errorf("%d, %d, %v", v, n, err)
	}
}

func TestMistakesAreNamedWithFileAndLine(t *testing.T) {
	const read = "assay: 1\noperations:\n  read:\n    request: GET /{key}\n"
	for _, c := range []struct{ content, line, says string }{
		{"", "", "empty"},
		{"assay: [", "", "line 1"},
		{"- 1\n", ":1:", "keys"},
		{"operations: {}\n", ":1:", "assay: 1"},
		{"assay: 2\n", ":1:", "assay: 1"},
		{"assay: 1\n", ":1:", "no operations"},
		{"assay: 1\noperation: {}\n", ":2:", "operations"},
		{"assay: 1\noperations:\n  reed: {}\n", ":3:", "reed"},
		{"assay: 1\noperations:\n  read:\n    answers: {200: ok body}\n", ":3:", "no request"},
		{"assay: 1\noperations:\n  read:\n    request: get /x\n", ":4:", "METHOD"},
		{"assay: 1\noperations:\n  read:\n    request: GET x\n", ":4:", "METHOD"},
		{"assay: 1\noperations:\n  read:\n    request: GET /{kye}\n", ":4:", "{kye}"},
		{read, ":3:", "no answer of read is ok"},
		{read + "    answers:\n      two: ok\n", ":6:", "status"},
		{read + "    answers:\n      200: yes\n", ":6:", "none of ok"},
		{read + "    answers:\n      200: ok\n", ":6:", "where the answer"},
		{read + "    answers:\n      200: ok value\n", ":6:", "pointer"},
		{read + "    answers:\n      409: mismatch\n", ":6:", "no condition"},
		{read + "    answers: {200: 'ok /a, /b'}\n", ":5:", "brackets"},
		{read + "    answers: {200: ok body}\n    body: {value: 1}\n", ":6:", "text"},
		{read + "    answers: {200: ok body}\n    answers: {200: ok body}\n", ":6:", "twice"},
	} {
		_, path, err := load(t, c.content)
		if err == nil {
			t.Errorf("%q was accepted", c.content)
			continue
		}
		if !strings.Contains(err.Error(), path+c.line) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v\nwant %s and %q", c.content, err, c.line, c.says)
		}
	}
	if _, err := Load("no-such-file.yaml"); err == nil || !strings.Contains(err.Error(), "no-such-file.yaml") {
		t.Errorf("no file: %v", err)
	}
}

func TestTheExampleIsRight(t *testing.T) {
	m, err := Load("../../targets/compose/examples/mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Operations(), []string{"read", "write", "cas"}) {
		t.Errorf("operations %v", m.Operations())
	}
}
