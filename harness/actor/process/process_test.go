package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor"
)

// ledger is an actor that keeps what clients add, and passes it on.
type ledger struct{}

type entries struct {
	// Own are durable, Heard came from other nodes.
	Own, Heard []string
}

type news struct {
	Text   string
	Number int
}

func (ledger) Start(_ actor.Context[news], durable [][]byte) entries {
	return entries{Own: texts(durable)}
}

func (ledger) Receive(_ actor.Context[news], s *entries, from actor.ID, m news) {
	s.Heard = append(s.Heard, fmt.Sprintf("%s: %s %d", from, m.Text, m.Number))
}

func (ledger) Timer(actor.Context[news], *entries, string) {}

// Request understands "add X", "tell X", "all" and "silence".
func (ledger) Request(c actor.Context[news], s *entries, request uint64, body []byte) {
	verb, rest, _ := strings.Cut(string(body), " ")
	switch verb {
	case "add":
		s.Own = append(s.Own, rest)
		c.Persist([]byte(rest))
		c.Reply(request, nil)
	case "tell":
		for _, p := range append(c.Peers(), c.Self()) {
			c.Send(p, news{Text: rest, Number: 4})
		}
		c.Reply(request, nil)
	case "all":
		all, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		c.Reply(request, all)
	}
}

// living is a node in this process.
type living struct {
	client, peer string
	log          *lines
	stop         func() error
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// live starts a ledger on free ports, or on those of cfg.
func live(t testing.TB, cfg Config, adjust func(*outside)) *living {
	t.Helper()
	n := &living{log: &lines{}}
	cfg.Log = n.log
	if cfg.ListenPeer == "" {
		cfg.ListenPeer = "127.0.0.1:0"
	}
	cfg.ListenClient = "127.0.0.1:0"
	if cfg.Data == "" {
		cfg.Data = t.TempDir()
	}
	out, err := open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if adjust != nil {
		adjust(&out)
	}
	n.client, n.peer = "http://"+out.client.Addr().String(), out.peers.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg, actor.Actor[entries, news](ledger{}), out) }()
	n.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = n.stop() })
	return n
}

// ask sends a request and returns the answer of a node that has to answer.
func (n *living) ask(t testing.TB, body string) string {
	t.Helper()
	status, answer, err := post(t.Context(), n.client, body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: status %d, %v; log:\n%s", body, status, err, n.log)
	}
	return answer
}

func (n *living) all(t testing.TB) (e entries) {
	t.Helper()
	if err := json.Unmarshal([]byte(n.ask(t, "all")), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func post(ctx context.Context, url, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/request", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
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

func TestARestartedNodeKnowsWhatItAcknowledged(t *testing.T) {
	cfg := Config{Self: "n1", Data: t.TempDir()}
	n := live(t, cfg, nil)
	n.ask(t, "add a")
	n.ask(t, "add b")
	if err := n.stop(); err != nil {
		t.Fatalf("a clean stop: %v", err)
	}
	expect(t, "own", live(t, cfg, nil).all(t).Own, []string{"a", "b"}, same)
}

// broken is a journal that cannot sync.
type broken struct {
	journal
	err error
}

func (b broken) Commit() error { return b.err }

func TestAFailedSyncEndsTheNodeWithoutAnAnswer(t *testing.T) {
	failure := errors.New("input/output error")
	n := live(t, Config{Self: "n1"}, func(out *outside) { out.journal = broken{out.journal, failure} })
	if status, _, err := post(t.Context(), n.client, "add a"); err == nil && status == http.StatusOK {
		t.Error("the request was acknowledged")
	}
	if err := n.stop(); !errors.Is(err, failure) {
		t.Errorf("the node ended with %v, want %v", err, failure)
	}
}

func TestMessagesArrive(t *testing.T) {
	for _, bare := range []bool{false, true} {
		t.Run(fmt.Sprintf("no checksum %v", bare), func(t *testing.T) {
			n2 := live(t, Config{Self: "n2", Peers: []Peer{{ID: "n1"}}, NoChecksum: bare}, nil)
			n1 := live(t, Config{Self: "n1", Peers: []Peer{{"n2", n2.peer}}, NoChecksum: bare}, nil)
			n1.ask(t, "tell hello")
			eventually(t, "n2 heard", func() bool { return len(n2.all(t).Heard) > 0 })
			eventually(t, "n1 heard", func() bool { return len(n1.all(t).Heard) > 0 })
			expect(t, "n2 heard", n2.all(t).Heard, []string{"n1: hello 4"}, same)
			expect(t, "n1 heard", n1.all(t).Heard, []string{"n1: hello 4"}, same)
		})
	}
}

func TestAPeerThatCameBackIsReachedAgain(t *testing.T) {
	cfg := Config{Self: "n2", Peers: []Peer{{ID: "n1"}}}
	first := live(t, cfg, nil)
	n1 := live(t, Config{Self: "n1", Peers: []Peer{{"n2", first.peer}}}, nil)
	for range 2 {
		n2 := first
		if first == nil {
			n2 = live(t, cfg, nil)
		}
		cfg.ListenPeer = n2.peer
		eventually(t, "n2 heard", func() bool {
			n1.ask(t, "tell hello")
			return len(n2.all(t).Heard) > 0
		})
		if err := n2.stop(); err != nil {
			t.Fatal(err)
		}
		first = nil
	}
}

func TestALinkGivesUpAPeerThatIsSilent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	live(t, Config{Self: "n1", Peers: []Peer{{"n2", listener.Addr().String()}}}, nil)
	for range 3 {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
}

func TestSenselessFramesEndTheConnection(t *testing.T) {
	message := []byte(`{"from":"n2","message":{"Text":"hello","Number":4}}`)
	flip := func(frame []byte, at int) []byte { frame[at] ^= 1; return frame }
	sound, bare := codec{}, codec{bare: true}
	cases := []struct {
		name  string
		bare  bool
		frame []byte
		// heard is what reached the actor, logged what the log says of the rest.
		heard  []string
		logged string
	}{
		{"sound", false, sound.append(nil, message), []string{"n2: hello 4"}, ""},
		{"a bit of the payload", false, flip(sound.append(nil, message), 8+45), nil, "wrong checksum (1 so far)"},
		{"a bit of the length", false, flip(sound.append(nil, message), 0), nil, "wrong checksum"},
		{"a long length", false, flip(sound.append(nil, message), 3), nil, "a length of"},
		{"an unknown sender", false, sound.append(nil, []byte(`{"from":"n7"}`)), nil, `message from "n7"`},
		{"no message", false, sound.append(nil, []byte("nonsense")), nil, "does not decode"},
		{"no checksum: sound", true, bare.append(nil, message), []string{"n2: hello 4"}, ""},
		{"no checksum: a digit", true, flip(bare.append(nil, message), 4+48), []string{"n2: hello 5"}, ""},
		{"no checksum: a quote", true, flip(bare.append(nil, message), 4+1), nil, "does not decode"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := live(t, Config{Self: "n1", Peers: []Peer{{ID: "n2", Addr: "127.0.0.1:1"}}, NoChecksum: c.bare}, nil)
			conn, err := net.Dial("tcp", n.peer)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// Padding, so that a frame whose length grew is complete, too.
			if _, err := conn.Write(append(c.frame, make([]byte, 8)...)); err != nil {
				t.Fatal(err)
			}
			if c.logged != "" {
				eventually(t, "log", func() bool { return strings.Contains(n.log.String(), c.logged) })
			} else {
				eventually(t, "heard", func() bool { return len(n.all(t).Heard) > 0 })
			}
			expect(t, "heard", n.all(t).Heard, c.heard, same)
		})
	}
}

func TestARequestWhoseClientHasGoneIsForgotten(t *testing.T) {
	c := newClients(nil, quiet())
	ctx, cancel := context.WithCancel(t.Context())
	submitted := make(chan uint64, 1)
	ended := make(chan error)
	go func() {
		_, err := c.ask(ctx, nil, func(_ context.Context, id uint64, _ []byte) error {
			submitted <- id
			return nil
		})
		ended <- err
	}()
	id := <-submitted
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	c.reply(id, []byte("late"))
	if len(c.waiting) > 0 {
		t.Errorf("%d requests still wait", len(c.waiting))
	}
}

func TestTheServerNoticesThatAClientHasGone(t *testing.T) {
	n := live(t, Config{Self: "n1"}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := post(ctx, n.client, "silence"); err == nil {
		t.Error("an answer to a request that the actor does not answer")
	}
	n.ask(t, "add a")
}

func TestStatus(t *testing.T) {
	n := live(t, Config{Self: "n1"}, nil)
	get := func(path string) int {
		response, err := http.Get(n.client + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	long, _, err := post(t.Context(), n.client, "add "+strings.Repeat("x", maxBody))
	if err != nil {
		t.Fatal(err)
	}
	got := []int{get("/healthz"), get("/request"), get("/elsewhere"), long}
	want := []int{200, 405, 404, 413}
	expect(t, "statuses", got, want, func(a, b int) bool { return a == b })
	if own := n.all(t).Own; len(own) > 0 {
		t.Errorf("a request that was refused reached the actor: %d records", len(own))
	}
}

func TestANodeThatCannotListenSaysSo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := Config{Self: "n1", ListenPeer: taken.Addr().String(), ListenClient: "127.0.0.1:0", Data: t.TempDir()}
	err = Run(t.Context(), cfg, actor.Actor[entries, news](ledger{}))
	if err == nil || !strings.HasPrefix(err.Error(), "node n1: listen for peers: ") {
		t.Errorf("got error %v", err)
	}
}

// The environment variables that make this test program a node.
const (
	nodeData   = "ASSAY_TEST_NODE_DATA"
	nodeNoSync = "ASSAY_TEST_NODE_NO_SYNC"
)

// TestMain is a node instead of a test if a test has asked for one.
func TestMain(m *testing.M) {
	if data := os.Getenv(nodeData); data != "" {
		cfg := Config{
			Self: "n1", ListenPeer: "127.0.0.1:0", ListenClient: "127.0.0.1:0", Data: data,
			NoSync: os.Getenv(nodeNoSync) != "", StopWithStdin: true, Log: os.Stdout,
		}
		if err := Run(context.Background(), cfg, actor.Actor[entries, news](ledger{})); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child is a node in a process of its own.
type child struct {
	living
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func spawn(t *testing.T, data string, noSync bool) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{living: living{log: &lines{}}, cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), nodeData+"="+data)
	if noSync {
		c.cmd.Env = append(c.cmd.Env, nodeNoSync+"=1")
	}
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	eventually(t, "the child listens", func() bool {
		_, after, found := strings.Cut(c.log.String(), "clients on ")
		address, _, complete := strings.Cut(after, "\n")
		c.client = "http://" + address
		return found && complete
	})
	return c
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

func TestAKilledProcessKeepsItsPromises(t *testing.T) {
	data := t.TempDir()
	c := spawn(t, data, false)
	c.ask(t, "add a")
	c.kill(t)
	expect(t, "own", spawn(t, data, false).all(t).Own, []string{"a"}, same)
}

func TestAKilledProcessThatDoesNotSyncForgets(t *testing.T) {
	// The background write may come between answer and kill, so several tries.
	for range 20 {
		data := t.TempDir()
		c := spawn(t, data, true)
		c.ask(t, "add a")
		c.kill(t)
		if len(spawn(t, data, true).all(t).Own) == 0 {
			return
		}
	}
	t.Error("an acknowledged record survived 20 kills without a sync")
}

func TestAProcessStopsCleanly(t *testing.T) {
	for name, stop := range map[string]func(*child) error{
		"SIGTERM":   func(c *child) error { return c.cmd.Process.Signal(syscall.SIGTERM) },
		"SIGINT":    func(c *child) error { return c.cmd.Process.Signal(os.Interrupt) },
		"stdin end": func(c *child) error { return c.stdin.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, t.TempDir(), false)
			if err := stop(c); err != nil {
				t.Fatal(err)
			}
			if err := c.cmd.Wait(); err != nil {
				t.Errorf("ended with %v; log:\n%s", err, c.log)
			}
		})
	}
}

// BenchmarkRequests measures requests a second to one node that persists every
// one of them, from 32 clients.
func BenchmarkRequests(b *testing.B) {
	n := live(b, Config{Self: "n1"}, nil)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			response, err := client.Post(n.client+"/request", "", strings.NewReader("add x"))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
