package redis

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assaykit/assay/workloads"
)

// pending is a server whose queue has so many messages with clients, of which the last
// one was handed out long ago, if it is one that is old. It does as Redis 7.0 does.
type pending struct {
	handedOut int
	old       bool
	// confirms is how many replicas confirm what was written.
	confirms int
}

func (p *pending) answer(command []string) string {
	switch strings.ToUpper(command[0]) {
	case "XAUTOCLAIM":
		return p.claim(command[5])
	case "XREADGROUP":
		return "*-1"
	case "WAIT":
		return fmt.Sprintf(":%d", p.confirms)
	}
	return "+OK"
}

// claim looks at ten messages from one on, and says where it stopped.
func (p *pending) claim(start string) string {
	const looks = 10
	var from int
	if _, err := fmt.Sscanf(start, "%d-", &from); err != nil {
		return "-ERR Invalid stream ID"
	}
	from = max(from, 1)
	if p.old && p.handedOut < from+looks {
		entry := fmt.Sprintf("*2\r\n%s\r\n*2\r\n%s\r\n%s", bulk(fmt.Sprint(p.handedOut, "-0")), bulk(field), bulk(fmt.Sprint(p.handedOut)))
		return fmt.Sprintf("*3\r\n%s\r\n*1\r\n%s\r\n*0", bulk("0-0"), entry)
	}
	next := "0-0"
	if p.handedOut >= from+looks {
		next = fmt.Sprint(from+looks, "-0")
	}
	return fmt.Sprintf("*3\r\n%s\r\n*0\r\n*0", bulk(next))
}

func bulk(text string) string { return fmt.Sprintf("$%d\r\n%s", len(text), text) }

// A message that nobody acknowledged may stand behind any number of those that are with
// clients.
func TestMessagesWithClientsHideNoOthers(t *testing.T) {
	for _, n := range []int{1, 10, 11, 25, 100} {
		p := &pending{handedOut: n, old: true}
		m, found, err := single(t, serving(t, p.answer)).Take(t.Context(), "q")
		if want := (workloads.Message{Value: n, Ticket: fmt.Sprint(n, "-0"), Redelivered: true}); m != want || !found || err != nil {
			t.Errorf("the last of %d: %+v, %t, %v", n, m, found, err)
		}
		p = &pending{handedOut: n}
		if m, found, err := single(t, serving(t, p.answer)).Take(t.Context(), "q"); found || err != nil {
			t.Errorf("%d, none of them old: %+v, %v", n, m, err)
		}
	}
}

// A receive of unknown outcome may have taken a message, and excuses the loss of one.
func TestAnEmptyQueueNeedsNoConfirmation(t *testing.T) {
	for _, old := range []bool{false, true} {
		p := &pending{handedOut: 1, old: old}
		c, err := New().Dial(t.Context(), serving(t, p.answer), with("mode=single", "wait=1"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.(*client).groups["q"] = true
		_, found, err := c.(*client).Take(t.Context(), "q")
		if found || errors.Is(err, errUnconfirmed) != old || workloads.IsNoEffect(err) {
			t.Errorf("something to be had: %t: %t, %v", old, found, err)
		}
	}
}
