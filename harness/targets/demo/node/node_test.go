package node

import (
	"bytes"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/actor/process"
	"github.com/assaykit/assay/harness/protocols/raft"
)

func TestParse(t *testing.T) {
	needed := []string{"--id=n1", "--listen-client=:1", "--listen-peer=:2", "--data=/d"}
	least := options{id: "n1", listenClient: ":1", listenPeer: ":2", data: "/d"}
	with := func(change func(*options)) options {
		o := least
		change(&o)
		return o
	}
	cases := []struct {
		name  string
		args  []string
		want  options
		wrong string
	}{
		{name: "least", args: needed, want: least},
		{name: "peers", args: append(needed, "--peers=n2=h2:7000,n3=[::1]:7000"), want: with(func(o *options) {
			o.peers = []process.Peer{{ID: "n2", Addr: "h2:7000"}, {ID: "n3", Addr: "[::1]:7000"}}
		})},
		{name: "alone", args: append(needed, "--peers="), want: least},
		{name: "no bug", args: append(needed, "--bug=none"), want: least},
		{name: "a bug", args: append(needed, "--bug=no-fsync"), want: with(func(o *options) { o.bug = raft.NoFsync })},
		{name: "seed", args: append(needed, "--seed=-5", UntilStdinCloses), want: with(func(o *options) {
			o.seed, o.untilStdinCloses = -5, true
		})},
		{name: "nothing", wrong: "--id is missing"},
		{name: "no data", args: needed[:3], wrong: "--data is missing"},
		{name: "unknown bug", args: append(needed, "--bug=typo"), wrong: "choose one of none, stale-reads"},
		{name: "half a peer", args: append(needed, "--peers=n2"), wrong: "not name=host:port"},
		{name: "peer twice", args: append(needed, "--peers=n2=a:1,n2=b:1"), wrong: "n2 is there twice"},
		{name: "own peer", args: append(needed, "--peers=n1=a:1"), wrong: "names this node itself"},
		{name: "something else", args: append(needed, "start"), wrong: `unexpected argument "start"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(c.args, io.Discard)
			if c.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), c.wrong) {
					t.Errorf("error is %v, want one with %q", err, c.wrong)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestMistakesOfTheProcess(t *testing.T) {
	for bug, want := range map[raft.Bug][2]bool{"": {}, raft.NoFsync: {true, false}, raft.NoChecksum: {false, true}, raft.EarlyAck: {}} {
		cfg := options{bug: bug}.process(nil)
		if got := [2]bool{cfg.NoSync, cfg.NoChecksum}; got != want {
			t.Errorf("%q: no sync and no checksum are %v, want %v", bug, got, want)
		}
	}
}

func TestMainTellsHowItEnded(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	run := func(stdin io.Reader, client string, more ...string) (int, string) {
		var stderr bytes.Buffer
		args := append([]string{"--id=n1", "--listen-client=" + client, "--listen-peer=127.0.0.1:0", "--data=" + t.TempDir()}, more...)
		code := Main(args, stdin, io.Discard, &stderr)
		return code, stderr.String()
	}
	if code, _ := run(nil, "127.0.0.1:0", "--typo"); code != exitUsage {
		t.Errorf("wrong flag: exit code %d", code)
	}
	if code, text := run(nil, taken.Addr().String()); code != exitFailed || !strings.Contains(text, "assay-node: node n1: listen for clients") {
		t.Errorf("address in use: exit code %d, %s", code, text)
	}
	stdin, parent := io.Pipe()
	time.AfterFunc(10*time.Millisecond, func() { parent.Close() })
	if code, text := run(stdin, "127.0.0.1:0", UntilStdinCloses); code != exitStopped {
		t.Errorf("end of standard input: exit code %d, %s", code, text)
	}
}
