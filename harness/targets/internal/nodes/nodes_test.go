package nodes

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// named is a cluster of nodes that have a name and nothing else.
type named struct {
	cluster.Cluster
	names []string
}

type node struct {
	cluster.Node
	name string
}

func (n node) Name() string { return n.name }

func (c named) Nodes() []cluster.Node {
	var all []cluster.Node
	for _, name := range c.names {
		all = append(all, node{name: name})
	}
	return all
}

var three = named{names: []string{"n1", "n2", "n3"}}

func TestAllAreAskedAtOnceAndAllErrorsAreTold(t *testing.T) {
	met := make(chan struct{}, 3)
	err := Each(three, func(_ int, n cluster.Node) error {
		met <- struct{}{}
		for len(met) < 3 { // each waits for the others
			time.Sleep(time.Millisecond)
		}
		if n.Name() == "n2" {
			return nil
		}
		return errors.New(n.Name())
	})
	if err == nil || err.Error() != "n1\nn3" {
		t.Errorf("got %v", err)
	}
}

func TestAQuestionIsRepeatedUntilItIsAnsweredRight(t *testing.T) {
	asked := 0
	err := Await(t.Context(), node{name: "n1"}, time.Second, func(context.Context) error {
		if asked++; asked < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestWhatWasLastSeenIsTold(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*Pause)
	defer cancel()
	err := Await(ctx, node{name: "n1"}, time.Second, func(ctx context.Context) error { return errors.New("no leader") })
	if err == nil || !strings.Contains(err.Error(), "n1 is not ready") || !strings.Contains(err.Error(), "no leader") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// A node that never answers is asked again: its attempt has a time of its own.
func TestAnAttemptHasATime(t *testing.T) {
	asked := 0
	err := Await(t.Context(), node{name: "n1"}, 10*time.Millisecond, func(ctx context.Context) error {
		if asked++; asked == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	if err != nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestWhoDoesNotAnswerDoesNotLead(t *testing.T) {
	got := Leaders(t.Context(), three, func(_ context.Context, n cluster.Node) (bool, error) {
		if n.Name() == "n1" {
			return true, errors.New("no answer")
		}
		return n.Name() == "n3", nil
	})
	if !slices.Equal(got, []string{"n3"}) {
		t.Errorf("got %v", got)
	}
}
