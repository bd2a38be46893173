package consul

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// node is one at an address.
type node struct {
	cluster.Node
	address string
}

func (n node) Addr(string) string { return n.address }

// behind is a server that has to catch up: the leader has write 9, and it has 8 until it was
// asked so many times.
func behind(t *testing.T, times int64) (n node, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch stale := r.URL.Query().Has("stale"); {
		case r.URL.Path == "/v1/status/peers":
			fmt.Fprint(w, `["n1:8300"]`)
		case r.Method == http.MethodPut:
			fmt.Fprint(w, "true")
		case stale && asked.Add(1) <= times:
			fmt.Fprint(w, `[{"Key": "ready/n1", "ModifyIndex": 8}]`)
		default:
			fmt.Fprint(w, `[{"Key": "ready/n1", "ModifyIndex": 9}]`)
		}
	}))
	t.Cleanup(s.Close)
	return node{address: strings.TrimPrefix(s.URL, "http://")}, asked
}

// Stale reads would otherwise miss what was acknowledged before the server was ready.
func TestAServerIsReadyOnceItHasCaughtUp(t *testing.T) {
	n, asked := behind(t, 2)
	c, err := dial(n)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.works(t.Context(), "n1", 1); err != nil || asked.Load() != 3 {
		t.Errorf("asked %d times: %v", asked.Load(), err)
	}
}

func TestAServerThatDoesNotCatchUpIsNotReady(t *testing.T) {
	n, _ := behind(t, 1<<40)
	c, err := dial(n)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := c.works(ctx, "n1", 1); err == nil || !strings.Contains(err.Error(), "has not applied") {
		t.Errorf("got %v", err)
	}
}
