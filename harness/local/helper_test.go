//go:build unix

package local

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// role is the environment variable that makes this test program something else
// than a test.
const role = "ASSAY_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "talker":
		talk(os.Args[1], os.Args[2], os.Args[3])
	case "sleeper":
		time.Sleep(time.Hour)
	case "assay":
		beAssay(os.Args[1])
	case "crasher":
		fmt.Println("no licence found")
		os.Exit(7)
	}
}

// target is a cluster.Target whose nodes are this test program in a role.
type target struct {
	cluster.Target
	role string
}

func (target) Name() string { return "talker" }

func (t target) Nodes(_ cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	self, err := os.Executable()
	var specs []cluster.NodeSpec
	for _, name := range at.Names() {
		for _, other := range at.Names() {
			at.Dial(name, other, "peer")
		}
		spec := cluster.NodeSpec{
			Name:    name,
			Program: []string{self, at.Listen(name, "client")},
			Args:    []string{at.Listen(name, "peer"), at.Data(name)},
			Env:     []string{role + "=" + t.role},
		}
		specs = append(specs, spec)
	}
	return specs, err
}

// talker is a node that says what it is told to and remembers what it heard.
type talker struct {
	mu       sync.Mutex
	dialled  map[string]net.Conn
	accepted []net.Conn
	// heard came on accepted connections, answers on dialled ones.
	heard, answers strings.Builder
}

func talk(client, peer, data string) {
	fmt.Println("hello from", os.Getenv(nodeVariable))
	t := &talker{dialled: make(map[string]net.Conn)}
	must(appendTo(filepath.Join(data, "starts"), "started\n"))
	listener, err := net.Listen("tcp", peer)
	must(err)
	go t.accept(listener)
	http.HandleFunc("/say", t.say)
	http.HandleFunc("/heard", func(w http.ResponseWriter, _ *http.Request) { t.tell(w, &t.heard) })
	http.HandleFunc("/answers", func(w http.ResponseWriter, _ *http.Request) { t.tell(w, &t.answers) })
	http.HandleFunc("/hangup", t.hangUp)
	http.HandleFunc("/breed", breed)
	must(http.ListenAndServe(client, nil))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

func (t *talker) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		must(err)
		t.mu.Lock()
		t.accepted = append(t.accepted, conn)
		t.mu.Unlock()
		go t.listen(conn, &t.heard)
	}
}

func (t *talker) listen(conn net.Conn, memory *strings.Builder) {
	space := make([]byte, 4096)
	for {
		n, err := conn.Read(space)
		t.mu.Lock()
		memory.Write(space[:n])
		if err != nil {
			fmt.Fprintf(memory, "[%s]", ending(err))
		}
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func ending(err error) string {
	if err == io.EOF {
		return "end"
	}
	return "broken"
}

// say writes to the connection to an address, or back on the accepted ones.
func (t *talker) say(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to, text := r.FormValue("to"), []byte(r.FormValue("text"))
	if to == "" {
		for _, conn := range t.accepted {
			_, err := conn.Write(text)
			report(w, err)
		}
		return
	}
	if t.dialled[to] == nil {
		conn, err := net.Dial("tcp", to)
		if err != nil {
			report(w, err)
			return
		}
		t.dialled[to] = conn
		go t.listen(conn, &t.answers)
	}
	_, err := t.dialled[to].Write(text)
	report(w, err)
}

func (t *talker) hangUp(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to := r.FormValue("to")
	report(w, t.dialled[to].Close())
	delete(t.dialled, to)
}

func (t *talker) tell(w http.ResponseWriter, memory *strings.Builder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	io.WriteString(w, memory.String())
}

func report(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// breed starts a process that outlives its parent, and answers with its id.
func breed(w http.ResponseWriter, _ *http.Request) {
	signal.Ignore(syscall.SIGHUP)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"=sleeper")
	report(w, cmd.Start())
	fmt.Fprint(w, cmd.Process.Pid)
}

// beAssay owns a cluster of one node until it is killed.
func beAssay(run string) {
	c, err := Start(context.Background(), cluster.Options{Run: run, Target: target{role: "talker"}, Config: cluster.Config{Nodes: 1}})
	must(err)
	n := c.Nodes()[0].(*node)
	fmt.Println(n.child.pid, n.Addr("client"))
	select {}
}

// bench is a cluster of talkers under test.
type bench struct {
	*testing.T
	cluster *processes
	run     string
}

func newBench(t *testing.T, nodes int) *bench {
	t.Helper()
	b := &bench{T: t, run: claim(t)}
	c, err := Start(t.Context(), cluster.Options{
		Run: b.run, Target: target{role: "talker"}, Config: cluster.Config{Nodes: nodes, Seed: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.cluster = c.(*processes)
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, n := range b.cluster.nodes {
		b.awaitReady(n.name)
	}
	return b
}

// claim names a run in a state folder of the test's own.
func claim(t *testing.T) string {
	t.Helper()
	t.Setenv("ASSAY_STATE", t.TempDir())
	return "run-1"
}

func (b *bench) node(name string) *node {
	for _, n := range b.cluster.nodes {
		if n.name == name {
			return n
		}
	}
	b.Fatalf("no node %s", name)
	return nil
}

func (b *bench) awaitReady(name string) {
	b.Helper()
	eventually(b, name+" listens", func() bool {
		response, err := http.Get("http://" + b.node(name).Addr("client") + "/heard")
		if err == nil {
			response.Body.Close()
		}
		return err == nil
	})
}

func (b *bench) get(name, path string, values url.Values) string {
	b.Helper()
	response, err := http.Get("http://" + b.node(name).Addr("client") + path + "?" + values.Encode())
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(bufio.NewReader(response.Body))
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatalf("%s%s: %s %s %v", name, path, response.Status, text, err)
	}
	return string(text)
}

// say makes one node say something to another, on a connection of its own.
func (b *bench) say(from, to, text string) {
	b.Helper()
	b.get(from, "/say", url.Values{"to": {b.cluster.layout.Dial(from, to, "peer")}, "text": {text}})
}

// reply makes a node say something on all connections that it has accepted.
func (b *bench) reply(from, text string) {
	b.Helper()
	b.get(from, "/say", url.Values{"text": {text}})
}

func (b *bench) hangUp(from, to string) {
	b.Helper()
	b.get(from, "/hangup", url.Values{"to": {b.cluster.layout.Dial(from, to, "peer")}})
}

func (b *bench) heard(name string) string   { b.Helper(); return b.get(name, "/heard", nil) }
func (b *bench) answers(name string) string { b.Helper(); return b.get(name, "/answers", nil) }

func (b *bench) awaitHeard(name, text string) {
	b.Helper()
	eventually(b, fmt.Sprintf("%s heard %q", name, text), func() bool { return b.heard(name) == text })
}

func (b *bench) awaitAnswers(name, text string) {
	b.Helper()
	eventually(b, fmt.Sprintf("%s got the answer %q", name, text), func() bool { return b.answers(name) == text })
}

func (b *bench) rules(r cluster.Rules) {
	b.Helper()
	if err := b.cluster.SetRules(b.Context(), r); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) state(name string) cluster.State {
	b.Helper()
	s, err := b.node(name).State(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// do fails the test if a step fails.
func (b *bench) do(step func(context.Context) error) {
	b.Helper()
	if err := step(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// eventually polls a condition that has to come true.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}
