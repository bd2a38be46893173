package consul

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/hashicorp/consul/api"

	"github.com/assaykit/assay/workloads"
)

// outcome wraps the errors of writes that prove that nothing happened. All others may
// come after the write was given to Raft: "leadership lost while committing log" says so
// itself, and an end of the connection between servers says nothing.
func outcome(err error) error {
	switch {
	case err == nil:
		return nil
	case neverSent(err):
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	case turnedAway(err):
		return workloads.NoEffect(fmt.Errorf("rejected: %w", err))
	}
	return err
}

// neverSent says whether there was no connection to send the request on.
func neverSent(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && failed.Op == "dial"
}

// turnedAway says whether the server states that it knew of no leader whom it could have
// handed the request to: no state can have been changed then (canRetry in Consul's
// agent/consul/rpc.go, which repeats writes for this reason only).
func turnedAway(err error) bool {
	var answer api.StatusError
	return errors.As(err, &answer) && strings.TrimSpace(answer.Body) == "No cluster leader"
}

// invalidSession says whether the session is not, or no longer, known. Whether it is,
// is looked up when the entry is applied.
func invalidSession(err error) bool {
	var answer api.StatusError
	return errors.As(err, &answer) && strings.Contains(answer.Body, "invalid session")
}
