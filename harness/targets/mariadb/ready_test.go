package mariadb

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
)

// member is a node at an address.
type member struct {
	cluster.Node
	address string
}

func (n member) Addr(string) string { return n.address }

// amongThree makes a server say that it is a synced node among three. It counts the reads of
// tables that waited for what the cluster has, which they do over connections that were
// told so.
func amongThree(s *server) (waited func() int) {
	var mu sync.Mutex
	waits, count := map[net.Conn]bool{}, 0
	s.value = func(conn net.Conn, statement string) string {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case strings.Contains(statement, "wsrep_local_state_comment"):
			return "Synced"
		case strings.Contains(statement, "wsrep_cluster_size"):
			return "3"
		case statement == "set session wsrep_sync_wait = 1":
			waits[conn] = true
			return ""
		case waits[conn]:
			count++
		}
		return "0"
	}
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

// A node that says that it is synced may have to apply dozens of transactions yet, and
// final reads would then miss what was acknowledged long ago.
func TestAGaleraNodeIsReadyOnceItHasAppliedWhatTheClusterHas(t *testing.T) {
	s := serve(t)
	waited := amongThree(s)
	if err := ask(t.Context(), member{address: s.address}, 3); err != nil {
		t.Fatal(err)
	}
	if n := waited(); n != 1 {
		t.Errorf("%d reads waited for what the cluster has", n)
	}
	s.answer = func(word string) uint16 {
		if word == "set" {
			return 1193 // unknown system variable
		}
		return 0
	}
	if err := ask(t.Context(), member{address: s.address}, 3); err == nil {
		t.Error("a node that cannot wait for the cluster is ready")
	}
}

func TestAServerByItselfHasNobodyToWaitFor(t *testing.T) {
	s := serve(t)
	waited := amongThree(s)
	if err := ask(t.Context(), member{address: s.address}, 1); err != nil || waited() != 0 {
		t.Errorf("%d reads waited: %v", waited(), err)
	}
}
