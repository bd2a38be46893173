package demo

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/workloads"
)

// outcome is what a client learned about an operation.
type outcome string

const (
	happened outcome = "happened"
	noEffect outcome = "no effect"
	unknown  outcome = "unknown"
)

func of(err error) outcome {
	switch {
	case err == nil:
		return happened
	case workloads.IsNoEffect(err):
		return noEffect
	}
	return unknown
}

// answering serves one connection after another by a function that has read a
// whole request.
func answering(t *testing.T, serve func(conn net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { listener.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, request.Body)
				serve(conn)
			}
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

// says answers with a status and a body.
func says(status, body string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nConnection: close\r\n\r\n"+body)
	}
}

func TestOutcomeOfErrors(t *testing.T) {
	cases := []struct {
		name  string
		serve func(net.Conn)
		want  outcome
	}{
		{"done", says("200 OK", `{"ok":true,"found":false,"value":0,"swapped":false}`), happened},
		{"refused by the node", says("200 OK", `{"ok":false,"error":"no leader","no_effect":true}`), noEffect},
		{"timeout at the node", says("200 OK", `{"ok":false,"error":"timeout"}`), unknown},
		{"neither done nor an error", says("200 OK", `{"ok":false}`), unknown},
		{"done, and an error", says("200 OK", `{"ok":true,"error":"timeout"}`), unknown},
		{"done, and without effect", says("200 OK", `{"ok":true,"no_effect":true}`), unknown},
		{"without effect for no reason", says("200 OK", `{"no_effect":true}`), unknown},
		{"garbage", says("200 OK", "\x00\xff{]"), unknown},
		{"another shape", says("200 OK", `["ok"]`), unknown},
		{"two answers", says("200 OK", `{"ok":true}{"ok":true}`), unknown},
		{"nothing", says("200 OK", ``), unknown},
		{"half an answer", says("200 OK", `{"ok":tr`), unknown},
		{"half of the announced bytes", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true}")
		}, unknown},
		{"not HTTP", func(conn net.Conn) { _, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n") }, unknown},
		{"server error", says("500 Internal Server Error", `{"ok":true}`), unknown},
		{"server error that claims no effect", says("503 Service Unavailable", `{"error":"x","no_effect":true}`), unknown},
		{"redirection", says("307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/", ``), unknown},
		{"closed after the request", func(net.Conn) {}, unknown},
		{"reset after the request", func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }, unknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			remote := dial(answering(t, c.serve))
			defer remote.Close()
			if err := remote.Write(t.Context(), "x", 1); of(err) != c.want {
				t.Errorf("outcome is %s (%v), want %s", of(err), err, c.want)
			}
		})
	}
}

func TestNobodyListensMeansNoEffect(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	remote := dial(listener.Addr().String())
	defer remote.Close()
	if err := remote.Send(t.Context(), "q", 1); of(err) != noEffect {
		t.Errorf("outcome is %s (%v)", of(err), err)
	}
}

func TestNoAnswerInTimeIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	remote := dial(answering(t, func(conn net.Conn) {
		cancel()
		_, _ = conn.Read(make([]byte, 1))
	}))
	defer remote.Close()
	if err := remote.Add(ctx, "s", 1); of(err) != unknown || !errors.Is(err, context.Canceled) {
		t.Errorf("outcome is %s (%v)", of(err), err)
	}
}

// TestNeverConnectedMeansNoEffect: the deadline passes before there is a
// connection.
func TestNeverConnectedMeansNoEffect(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	remote := dial("127.0.0.1:1")
	defer remote.Close()
	if err := remote.Write(ctx, "x", 1); of(err) != noEffect {
		t.Errorf("outcome is %s (%v)", of(err), err)
	}
}

// TestDiedBetweenRequests: the node is gone when the second request comes over
// the connection of the first. Nobody knows how much of it was read.
func TestDiedBetweenRequests(t *testing.T) {
	answered := 0
	remote := dial(answering(t, func(conn net.Conn) {
		body := `{"ok":true}`
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"+body)
		if answered++; answered == 1 {
			_, _ = http.ReadRequest(bufio.NewReader(conn))
		}
	}))
	defer remote.Close()
	if err := remote.Write(t.Context(), "x", 1); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(t.Context(), "x", 2); of(err) != unknown {
		t.Errorf("outcome is %s (%v)", of(err), err)
	}
}

func TestAnswers(t *testing.T) {
	type result struct {
		value    int
		flag     bool
		elements []int
		outcome  outcome
	}
	value := func(a answer) result {
		v, found, err := a.valueFound()
		return result{value: v, flag: found, outcome: of(err)}
	}
	swapped := func(a answer) result {
		s, err := a.swapped()
		return result{flag: s, outcome: of(err)}
	}
	elements := func(a answer) result {
		e, err := a.elements()
		return result{elements: e, outcome: of(err)}
	}
	cases := []struct {
		name, body string
		as         func(answer) result
		want       result
	}{
		{"found", `{"ok":true,"found":true,"value":-7}`, value, result{value: -7, flag: true, outcome: happened}},
		{"not found", `{"ok":true,"found":false,"value":0}`, value, result{outcome: happened}},
		{"found nothing known", `{"ok":true,"found":true}`, value, result{outcome: unknown}},
		{"perhaps found", `{"ok":true,"value":3}`, value, result{outcome: unknown}},
		{"too large", `{"ok":true,"found":true,"value":9223372036854775808}`, value, result{outcome: unknown}},
		{"fraction", `{"ok":true,"found":true,"value":1.5}`, value, result{outcome: unknown}},
		{"text", `{"ok":true,"found":true,"value":"1"}`, value, result{outcome: unknown}},
		{"no value", `{"ok":true,"found":true,"value":null}`, value, result{outcome: unknown}},
		{"refused", `{"ok":false,"error":"no","no_effect":true}`, value, result{outcome: noEffect}},
		{"swapped", `{"ok":true,"swapped":true}`, swapped, result{flag: true, outcome: happened}},
		{"not swapped", `{"ok":true,"swapped":false}`, swapped, result{outcome: happened}},
		{"perhaps swapped", `{"ok":true}`, swapped, result{outcome: unknown}},
		{"elements", `{"ok":true,"elements":[1,2]}`, elements, result{elements: []int{1, 2}, outcome: happened}},
		{"empty", `{"ok":true,"elements":[]}`, elements, result{elements: []int{}, outcome: happened}},
		{"no elements", `{"ok":true,"elements":null}`, elements, result{outcome: unknown}},
		{"odd elements", `{"ok":true,"elements":[1,"2"]}`, elements, result{outcome: unknown}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.as(decode("x", []byte(c.body))); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestErrorsAreReadable(t *testing.T) {
	err := decode("write", []byte(strings.Repeat("x", 1000))).err
	if err == nil || len(err.Error()) > 300 || !strings.HasPrefix(err.Error(), "write: ") {
		t.Errorf("error is %v", err)
	}
}
