package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Lines as the systems write them, all of the same moment.
func TestTimesOfLogsAreRead(t *testing.T) {
	want := time.Date(2026, 11, 23, 4, 15, 20, 123_000_000, time.UTC)
	for name, line := range map[string]string{
		"etcd":      `{"level":"info","ts":"2026-11-23T04:15:20.123000Z","caller":"raft/raft.go:1","msg":"became leader"}`,
		"NATS":      `[1] 2026/11/23 04:15:20.123000 [INF] Server is ready`,
		"Redis":     `1:S 23 Nov 2026 04:15:20.123 * Connecting to MASTER`,
		"postgres":  `2026-11-23 04:15:20.123 UTC [1] LOG:  database system is ready`,
		"RabbitMQ":  `2026-11-23 04:15:20.123000+00:00 [info] <0.254.0> ready`,
		"ZooKeeper": `2026-11-23 04:15:20,123 [myid:1] - INFO  [main:QuorumPeer] LOOKING`,
		"Consul":    `    2026-11-23T04:15:20.123Z [INFO]  agent: ready`,
		"elsewhere": `2026-11-23T06:15:20.123+02:00 ready`,
		"west":      `2026-11-22 20:15:20.123-0800 ready`,
		"Go":        `2026/11/23 04:15:20.123000 n2 started`,
	} {
		if got, is := stamp([]byte(line), time.UTC); !is || !got.Equal(want) {
			t.Errorf("%s: %v, %v", name, got, is)
		}
	}
	for _, line := range []string{"no time", "12:00:00 no date", "10.0.0.1 9999-1-1", strings.Repeat(" ", 200) + "2026-11-23T04:15:20Z"} {
		if got, is := stamp([]byte(line), time.UTC); is {
			t.Errorf("%q is %v", line, got)
		}
	}
}

// logged is a run whose node n2 has written a log.
func logged(t *testing.T, text string) logTable {
	t.Helper()
	in := staleRead()
	in.Dir = t.TempDir()
	if err := os.MkdirAll(filepath.Join(in.Dir, "nodes", "n2"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in.Dir, "nodes", "n2", "log.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return tabulateLogs(in, look(in.History))
}

// The finding of the run is from 4.001 s to 20.0018 s.
func TestTheLinesAroundAFindingAreShown(t *testing.T) {
	table := logged(t, `2026/11/23 04:15:01.000000 long before
2026/11/23 04:15:02.500000 just before
2026/11/23 04:15:10.000000 meanwhile
	and its stack
2026/11/23 04:15:20.500000 just after
2026/11/23 04:15:22.000000 later
	and its stack
`)
	if len(table.Nodes) != 1 || table.Nodes[0].Node != "n2" {
		t.Fatalf("%+v", table)
	}
	var got []string
	for _, line := range table.Nodes[0].Lines {
		got = append(got, fmt.Sprint(line.When, " ", line.During, " ", line.Text[strings.LastIndex(line.Text, " ")+1:]))
	}
	want := "2.500 s false before|10.000 s true meanwhile|10.000 s true stack|20.500 s false after"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}

// Logs of what ran beside nodes come after theirs, of which there may be as many as are
// shown.
func TestLogsOfNodesComeFirst(t *testing.T) {
	in := staleRead()
	in.Dir = t.TempDir()
	beside := []string{"a-proxy", "z-set-up"}
	in.Run.Nodes = nil
	for i := range mostLogNodes {
		in.Run.Nodes = append(in.Run.Nodes, fmt.Sprintf("n%02d", i))
	}
	for _, name := range append(beside, in.Run.Nodes...) {
		if err := os.MkdirAll(filepath.Join(in.Dir, "nodes", name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in.Dir, "nodes", name, "log.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, log := range tabulateLogs(in, look(in.History)).Nodes {
		got = append(got, log.Node)
	}
	if !slices.Equal(got, in.Run.Nodes) {
		t.Errorf("shown are %v, want %v", got, in.Run.Nodes)
	}
}

func TestLogsThatTellNothingSayWhy(t *testing.T) {
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "2026/11/23 04:15:10.%06d line %d\n", i, i)
	}
	for want, text := range map[string]string{
		"the log is empty":        "",
		"nothing was logged then": "2026/11/23 04:15:01.000000 long before",
		"no line bears a time":    "a\nb\nc",
		"60 earlier lines":        many.String(),
	} {
		table := logged(t, text)
		if len(table.Nodes) != 1 || !strings.Contains(table.Nodes[0].Note, want) {
			t.Errorf("%q: %+v", want, table)
		}
		if n := len(table.Nodes[0].Lines); n > mostLogged {
			t.Errorf("%q: %d lines", want, n)
		}
	}
	if table := logged(t, strings.Repeat("x", 1<<20)+"\n2026/11/23 04:15:10.000000 "+strings.Repeat("y", 1<<20)); len(table.Nodes[0].Lines) != 1 || len(table.Nodes[0].Lines[0].Text) > 2*mostLogLength {
		t.Errorf("long lines: %+v", table.Nodes[0].Note)
	}
}
