package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// node is one at an address, whichever port is asked for.
type node struct {
	cluster.Node
	name, address string
}

func (n node) Name() string       { return n.name }
func (n node) Addr(string) string { return n.address }

// answering is a server that gives the same answer to every command.
func answering(t *testing.T, answer string) node {
	t.Helper()
	return serving(t, func([]string) string { return answer })
}

// serving is a server that gives the answers of a function.
func serving(t *testing.T, answer func(command []string) string) node {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go converse(conn, answer)
		}
	}()
	return node{name: "n1", address: l.Addr().String()}
}

// converse answers every command, which is an array of bulk strings, but refuses the
// greeting of the client library; an empty answer hangs up.
func converse(conn net.Conn, answer func([]string) string) {
	defer conn.Close()
	for lines := bufio.NewReader(conn); ; {
		command, err := receive(lines)
		if err != nil {
			return
		}
		if strings.EqualFold(command[0], "HELLO") {
			io.WriteString(conn, "-ERR unknown command 'HELLO'\r\n")
			continue
		}
		text := answer(command)
		if text == "" {
			return
		}
		io.WriteString(conn, text+"\r\n")
	}
}

// receive reads the words of a command.
func receive(lines *bufio.Reader) ([]string, error) {
	var parts, size int
	if _, err := fmt.Fscanf(lines, "*%d\r\n", &parts); err != nil {
		return nil, err
	}
	var words []string
	for range parts {
		if _, err := fmt.Fscanf(lines, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		text := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(lines, text); err != nil {
			return nil, err
		}
		words = append(words, string(text[:size]))
	}
	return words, nil
}

func single(t *testing.T, n node) *client {
	t.Helper()
	c, err := New().Dial(t.Context(), n, with("mode=single"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

// All answers travel over a real connection and through all of the client.
func TestAnswersToAWrite(t *testing.T) {
	const (
		noEffect = true
		unknown  = false
	)
	for answer, want := range map[string]bool{
		"-READONLY You can't write against a read only replica.":             noEffect,
		"-MASTERDOWN Link with MASTER is down":                               noEffect,
		"-NOREPLICAS Not enough good replicas to write.":                     noEffect,
		"-LOADING Redis is loading the dataset in memory":                    noEffect,
		"-MISCONF Errors writing to the AOF file: No space left on device":   noEffect,
		"-OOM command not allowed when used memory > 'maxmemory'.":           noEffect,
		"-BUSY Redis is busy running a script.":                              noEffect,
		"-EXECABORT Transaction discarded because of previous errors.":       noEffect,
		"-WRONGTYPE Operation against a key holding the wrong kind of value": noEffect,
		"-ERR something": unknown,
		"-UNBLOCKED force unblock from blocking state": unknown,
		"-READONLYISH": unknown,
		"":             unknown,
	} {
		err := single(t, answering(t, answer)).Write(t.Context(), "k", 1)
		if err == nil || workloads.IsNoEffect(err) != want {
			t.Errorf("%s: %v, no effect is %t", answer, err, workloads.IsNoEffect(err))
		}
	}
}

func TestAFailedReadHasNoEffect(t *testing.T) {
	for _, answer := range []string{"-ERR something", "", "-MASTERDOWN Link with MASTER is down", "$1\r\nx"} {
		_, found, err := single(t, answering(t, answer)).Read(t.Context(), "k")
		if found || !workloads.IsNoEffect(err) {
			t.Errorf("%q: %t, %v", answer, found, err)
		}
	}
	for _, answer := range []string{"-LOADING Redis is loading the dataset in memory", "", "*1\r\n$1\r\nx"} {
		c := single(t, answering(t, answer))
		if elements, err := c.Elements(t.Context(), "s"); !workloads.IsNoEffect(err) {
			t.Errorf("elements, %q: %v, %v", answer, elements, err)
		}
		records, err := c.Records(t.Context(), "p", 1, 10)
		if len(records) != 0 || !workloads.IsNoEffect(err) {
			t.Errorf("records, %q: %v, %v", answer, records, err)
		}
		if _, err := c.Count(t.Context(), "c"); !workloads.IsNoEffect(err) {
			t.Errorf("count, %q: %v", answer, err)
		}
	}
	if _, found, err := single(t, answering(t, "$-1")).Read(t.Context(), "k"); found || err != nil {
		t.Errorf("a key that is not there: %t, %v", found, err)
	}
}

func TestWithoutAConnectionNothingIsSent(t *testing.T) {
	c := single(t, node{name: "n1", address: "127.0.0.1:1"})
	if err := c.Write(t.Context(), "k", 1); !workloads.IsNoEffect(err) {
		t.Errorf("refused: %v", err)
	}
}

func TestSilenceIsUnknown(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = single(t, node{name: "n1", address: silent.Addr().String()}).Write(ctx, "k", 1)
	if err == nil || workloads.IsNoEffect(err) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

// A sentinel that knows no master leaves the client without one.
func TestNoMasterIsNoEffect(t *testing.T) {
	for _, answer := range []string{"*-1", "-IDONTKNOW", "*2\r\n$2\r\nn9\r\n$4\r\n6379"} {
		c, err := New().Dial(t.Context(), answering(t, answer), cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.(*client).Write(t.Context(), "k", 1); !workloads.IsNoEffect(err) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestUnconfirmedWritesAreUnknown(t *testing.T) {
	n := answering(t, ":1") // to the write, and to WAIT: one replica
	for wait, want := range map[string]error{"1": nil, "2": errUnconfirmed} {
		target := New()
		c, err := target.Dial(t.Context(), n, with("mode=single", "wait="+wait))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		err = c.(*client).Add(t.Context(), "s", 1)
		if !errors.Is(err, want) || workloads.IsNoEffect(err) {
			t.Errorf("wait=%s: %v", wait, err)
		}
	}
	c, err := New().Dial(t.Context(), answering(t, ":0"), with("mode=single", "wait=2"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if swapped, err := c.(*client).CompareAndSet(t.Context(), "k", 1, 2); swapped || err != nil {
		t.Errorf("what changed nothing needs no confirmation: %t, %v", swapped, err)
	}
}
