//go:build unix

package maelstrom

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

// program is the node of testdata, compiled once.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "maelstrom")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "node")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/node").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func tailored(t *testing.T, workload, bin string, settings ...string) cluster.Target {
	t.Helper()
	chosen := map[string]string{"bin": bin}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		chosen[key] = value
	}
	made, err := New().Tailored(t.Context(), cluster.Config{Workload: workload, Settings: chosen})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// verdict runs a test for a few seconds.
func verdict(t *testing.T, workload, bin, faults string, settings ...string) checkers.Verdict {
	t.Helper()
	target := tailored(t, workload, bin, settings...)
	name, pairs := target.(cluster.Dialect).Workload()
	w, err := workloads.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	chosen := map[string]string{}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		chosen[key] = value
	}
	spec, err := nemesis.Parse(faults)
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := harness.Run(t.Context(), harness.Test{
		Target: target, Workload: w, WorkloadSettings: chosen, Nemesis: spec, Start: target.(cluster.Host).Start,
		Duration: 3 * time.Second, Hold: 700 * time.Millisecond, Quiet: 300 * time.Millisecond, Rate: 100, Settle: time.Second,
		Seed: 1, Results: t.TempDir(), Log: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return outcome.Verdict
}

func TestRightNodesAreValidAndWrongOnesAreNot(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			if v := verdict(t, k.name, program, "partition"); v.Validity != checkers.Valid {
				t.Errorf("the right one: %v, %s", v.Validity, v.Reason)
			}
			if v := verdict(t, k.name, program+" wrong", "partition"); v.Validity != checkers.Invalid {
				t.Errorf("the wrong one: %v, %s", v.Validity, v.Reason)
			}
		})
	}
}

// TestFaultsStrikeAndHeal strikes every fault that there is here.
func TestFaultsStrikeAndHeal(t *testing.T) {
	for _, faults := range []string{
		"partition:one-way", "partition:clients", "pause", "kill", "process:stop",
		"packets:delay(20ms,5ms)", "packets:loss(20%)", "packets:duplicate(30%)", "packets:reorder(30%)",
	} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			if v := verdict(t, "lin-kv", program, faults); v.Validity != checkers.Valid {
				t.Errorf("%v, %s\n%+v", v.Validity, v.Reason, v.Parts)
			}
		})
	}
}

func TestLatencyDelaysMessages(t *testing.T) {
	c := up(t, tailored(t, "echo", program, "latency=30ms"))
	client := dial(t, c, "echo", 0)
	began := time.Now()
	for i := range 20 {
		if v, err := client.Echo(t.Context(), i); v != i || err != nil {
			t.Fatalf("%d, %v", v, err)
		}
	}
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("20 requests there and back took %v", took)
	}
}

// up starts a cluster and waits until it is ready.
func up(t *testing.T, target cluster.Target) *Cluster {
	t.Helper()
	made, err := target.(cluster.Host).Start(t.Context(), cluster.Options{Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: target, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := target.Ready(ctx, made, cluster.Config{}); err != nil {
		t.Fatal(err)
	}
	return made.(*Cluster)
}

func dial(t *testing.T, c *Cluster, workload string, node int) *client {
	t.Helper()
	made, err := tailored(t, workload, program).Dial(t.Context(), c.nodes[node], cluster.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	return made.(*client)
}

func TestWhatBecomesOfARequestIsKnownOrNot(t *testing.T) {
	c := up(t, tailored(t, "lin-kv", program))
	k := dial(t, c, "lin-kv", 0)
	ctx := t.Context()
	if _, found, err := k.Read(ctx, "x"); found || err != nil {
		t.Errorf("never written: %t, %v", found, err)
	}
	if err := k.Write(ctx, "x", 3); err != nil {
		t.Fatal(err)
	}
	if swapped, err := k.CompareAndSet(ctx, "x", 4, 5); swapped || err != nil {
		t.Errorf("mismatch: %t, %v", swapped, err)
	}
	if swapped, err := k.CompareAndSet(ctx, "x", 3, 5); !swapped || err != nil {
		t.Errorf("swap: %t, %v", swapped, err)
	}
	node := c.nodes[0]
	if err := node.Pause(ctx); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := k.Write(short, "x", 6); err == nil || workloads.IsNoEffect(err) {
		t.Errorf("a paused node: %v", err)
	}
	if err := node.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if err := k.Write(ctx, "x", 7); !workloads.IsNoEffect(err) {
		t.Errorf("a killed node: %v", err)
	}
}

// TestNodesThatMisbehaveAreTold tries programs that are none.
func TestNodesThatMisbehaveAreTold(t *testing.T) {
	for name, script := range map[string]string{
		"dies":           `exit 3`,
		"prints garbage": `echo hello; exec sleep 100`,
		"says nothing":   `exec sleep 100`,
	} {
		t.Run(name, func(t *testing.T) {
			target := tailored(t, "echo", `sh -c "`+script+`"`)
			made, err := target.(cluster.Host).Start(t.Context(), cluster.Options{Run: "test-" + strings.ToLower(rand.Text()[:10]), Target: target})
			if err != nil {
				t.Fatal(err)
			}
			defer made.Close(context.WithoutCancel(t.Context()))
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			if err := target.Ready(ctx, made, cluster.Config{}); err == nil || !strings.Contains(err.Error(), "n1 is not ready") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestMessagesThatAreNoneAreNamed(t *testing.T) {
	for line, says := range map[string]string{
		`hello`:                                  "no message",
		`{"src":"n2","dest":"n3","body":{}}`:     "in the name of",
		`{"src":"n1","body":{"type":"x"}}`:       "to nobody",
		`{"src":"n1","dest":"n2","body":{}}`:     "no type",
		`{"src":"n1","dest":"n2","body":"text"}`: "no type",
	} {
		if _, err := parse([]byte(line), "n1"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestMistakesInSettingsAreNamed(t *testing.T) {
	for _, c := range []struct {
		workload string
		settings map[string]string
		says     string
	}{
		{"", map[string]string{"bin": program}, "--workload echo|unique-ids"},
		{"bank", map[string]string{"bin": program}, "lin-kv"},
		{"echo", nil, "--bin"},
		{"echo", map[string]string{"bin": "./no-such-node"}, "./no-such-node"},
		{"echo", map[string]string{"bin": program, "latency": "fast"}, "latency"},
	} {
		_, err := New().Tailored(t.Context(), cluster.Config{Workload: c.workload, Settings: c.settings})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// serve asks a service as a node would.
func serve(t *testing.T, s *services, node, service, request string) string {
	t.Helper()
	m := s.answer(message{Src: node, Dest: service, Body: json.RawMessage(request)})
	return string(m.Body)
}

func TestServices(t *testing.T) {
	s := newServices(1)
	expect := func(service, request, want string) {
		t.Helper()
		if got := serve(t, s, "n1", service, request); got != want {
			t.Errorf("%s %s: %s, want %s", service, request, got, want)
		}
	}
	for _, kv := range []string{"lin-kv", "seq-kv"} {
		expect(kv, `{"type":"read","key":1,"msg_id":7}`, `{"code":20,"in_reply_to":7,"text":"key does not exist","type":"error"}`)
		expect(kv, `{"type":"cas","key":1,"from":0,"to":2}`, `{"code":20,"text":"key does not exist","type":"error"}`)
		expect(kv, `{"type":"cas","key":1,"from":0,"to":{"b":1,"a":2},"create_if_not_exists":true}`, `{"type":"cas_ok"}`)
		expect(kv, `{"type":"cas","key":1,"from":{ "a":2, "b":1 },"to":5}`, `{"type":"cas_ok"}`)
		expect(kv, `{"type":"cas","key":1,"from":4,"to":6}`, `{"code":22,"text":"current value 5 is not 4","type":"error"}`)
		expect(kv, `{"type":"write","key":1,"value":7}`, `{"type":"write_ok"}`)
		expect(kv, `{"type":"read","key":1}`, `{"type":"read_ok","value":7}`)
	}
	expect("lin-tso", `{"type":"ts"}`, `{"ts":1,"type":"ts_ok"}`)
	expect("lin-tso", `{"type":"ts"}`, `{"ts":2,"type":"ts_ok"}`)
	expect("lin-kv", `{"type":"frob"}`, `{"code":10,"text":"a store knows read, write, cas; not frob","type":"error"}`)
}

// TestSequentialReadsMayBeOldButNeverGoBack sees both: another node reads the past, and no
// node sees time run backwards.
func TestSequentialReadsMayBeOldButNeverGoBack(t *testing.T) {
	s := newServices(3)
	old, last := false, 0
	for i := 1; i <= 200; i++ {
		serve(t, s, "n1", "seq-kv", `{"type":"write","key":"k","value":`+itoa(i)+`}`)
		var answer struct{ Value int }
		if err := json.Unmarshal([]byte(serve(t, s, "n2", "seq-kv", `{"type":"read","key":"k"}`)), &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Value < last {
			t.Fatalf("n2 read %d after %d", answer.Value, last)
		}
		old, last = old || answer.Value < i, max(last, answer.Value)
	}
	if !old {
		t.Error("the past was never seen: that is more than seq-kv promises, and hides mistakes")
	}
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestTheGridIsConnectedBothWays(t *testing.T) {
	for n := 1; n <= 12; n++ {
		var names []string
		for i := range n {
			names = append(names, "n"+itoa(i+1))
		}
		grid := neighbours(names)
		seen, todo := map[string]bool{}, []string{"n1"}
		for len(todo) > 0 {
			name := todo[0]
			todo = todo[1:]
			if seen[name] {
				continue
			}
			seen[name] = true
			todo = append(todo, grid[name]...)
		}
		if len(seen) != n {
			t.Errorf("of %d nodes %d are reached: %v", n, len(seen), grid)
		}
	}
}
