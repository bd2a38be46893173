package nats

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

func answer(code int, errorCode jetstream.ErrorCode, text string) error {
	return fmt.Errorf("nats: %w", &jetstream.APIError{Code: code, ErrorCode: errorCode, Description: text})
}

func TestOutcomes(t *testing.T) {
	const (
		noEffect = true
		unknown  = false
	)
	for _, c := range []struct {
		err  error
		want bool
		why  string
	}{
		{nats.ErrNoResponders, noEffect, "passed to nobody"},
		{jetstream.ErrNoStreamResponse, noEffect, "passed to nobody"},
		{answer(400, 10071, "wrong last sequence: 7"), unknown, "another leader may have stored it"},
		{answer(400, 10164, "wrong last sequence"), unknown, "another leader may have stored it"},
		{answer(503, 0, "raft: not leader"), unknown, "another leader may have stored it"},

		{answer(503, 0, "no space left on device"), unknown, "arises when an entry is stored, too"},
		{answer(503, 10023, "insufficient resources"), unknown, "arises when an entry is applied, too"},
		{answer(503, 10077, "store failed"), unknown, "others may have stored it"},
		{answer(503, 10063, "expected stream sequence does not match"), unknown, "arises when an entry is applied"},
		{answer(503, 10008, "JetStream system temporarily unavailable"), unknown, "no proof was sought"},
		{jetstream.ErrInvalidJSAck, unknown, "an answer that says nothing"},
		{nats.ErrTimeout, unknown, "no answer"},
		{nats.ErrConnectionClosed, unknown, "may have been sent before"},
		{context.DeadlineExceeded, unknown, "no answer"},
		{errors.New("no responders"), unknown, "somebody else's words"},
	} {
		if got := workloads.IsNoEffect(settle(c.err)); got != c.want {
			t.Errorf("%v: no effect is %t, but: %s", c.err, got, c.why)
		}
		if !errors.Is(settle(c.err), c.err) {
			t.Errorf("%v is hidden", c.err)
		}
	}
	if settle(nil) != nil {
		t.Error("success is an error")
	}
}

func TestWithoutAConnectionNothingIsSent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for name, address := range map[string]string{"refused": gone.Addr().String(), "silent": silent.Addr().String()} {
		dialled, err := New().Dial(t.Context(), node{address: address}, cluster.Config{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		began := time.Now()
		if err := dialled.(*client).Write(ctx, "k", 1); !workloads.IsNoEffect(err) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: it took %v", name, took)
		}
		cancel()
		dialled.Close()
	}
}
