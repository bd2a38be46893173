package workloads

import (
	"context"
	"errors"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

// unreachable is a client of a lock that was acquired, and whose server is away.
type unreachable struct{ cluster.Client }

func (unreachable) Acquire(context.Context, string) (bool, int64, error) { return true, 0, nil }
func (unreachable) Release(context.Context, string) (bool, error) {
	return false, NoEffect(errors.New("never sent: connection refused"))
}

// The system may take a client for gone that cannot reach it, so that nobody knows for
// how long it holds what it could not release.
func TestAReleaseThatWasNotSentIsUnknown(t *testing.T) {
	h := &holder{}
	acquire := h.Next(t.Context(), history.Op{F: turnLock, Key: "l"})
	_, note, err := acquire.Call(t.Context(), unreachable{})
	if err != nil {
		t.Fatal(err)
	}
	note()
	if step, holds := h.Part(); !holds || step.Op.F != releaseLock || step.Op.Key != "l" {
		t.Errorf("who hangs up does %+v, %t", step.Op, holds)
	}
	release := h.Next(t.Context(), history.Op{F: turnLock, Key: "another"})
	if _, _, err := release.Call(t.Context(), unreachable{}); release.Op.F != releaseLock || err == nil || IsNoEffect(err) {
		t.Errorf("%s: %v", release.Op.F, err)
	}
	h.Disconnected()
	if _, holds := h.Part(); holds {
		t.Error("it holds what it has lost")
	}
}
