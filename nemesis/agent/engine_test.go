//go:build linux

package agent

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// An engine has to end, and to let everything go that it holds, while packets
// still come.
func TestEnginesEndUnderTraffic(t *testing.T) {
	space, err := newNamespace()
	if err != nil {
		leaveOut(t, err)
	}
	defer space.close()
	s := &station{space: space}
	if s.wall, err = openFirewall(space); err != nil {
		leaveOut(t, err)
	}
	defer s.close()
	stop, ended := make(chan struct{}), make(chan struct{})
	go flood(t, space, stop, ended)
	defer func() { close(stop); <-ended }()
	done := make(chan error)
	go func() {
		defer close(done)
		for range 100 {
			shaped := []protocol.Rule{{From: loopback, Shape: protocol.Shape{Delay: time.Minute}}}
			err := s.apply(protocol.Node{Rules: shaped})
			// Before the rule that hands packets over to it, which is the hard order.
			err = errors.Join(err, s.closeEngine(), s.apply(protocol.Node{}))
			if err != nil {
				done <- err
				return
			}
		}
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("an engine does not end")
	}
}

// flood sends datagrams as fast as it can.
func flood(t *testing.T, space namespace, stop, ended chan struct{}) {
	defer close(ended)
	var posts []*post
	for range 2 {
		p, err := space.post("a", loopback)
		if err != nil {
			t.Error(err)
			return
		}
		defer p.close()
		posts = append(posts, p)
	}
	for {
		select {
		case <-stop:
			return
		default:
			posts[0].send("flood", posts[1])
			posts[1].receive("flood")
		}
	}
}

// leaveOut ends a test that has not what it needs: a machine that is meant to try
// everything says so by ASSAY_DOCKER=1, and there that is a failure.
func leaveOut(t *testing.T, why error) {
	t.Helper()
	if os.Getenv("ASSAY_DOCKER") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}
