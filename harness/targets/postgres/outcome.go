package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/assaykit/assay/workloads"
)

// outcome wraps the error of a commit, or of a statement that is a transaction of its
// own, by workloads.NoEffect if nothing was sent, or if the server's answer proves
// that the transaction was aborted.
func outcome(err error, sent bool) error {
	switch {
	case err == nil:
		return nil
	case !sent:
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	case errors.Is(err, pgx.ErrTxCommitRollback), aborted(err):
		return workloads.NoEffect(fmt.Errorf("aborted: %w", err))
	}
	return err
}

// wire is a connection that counts what is written to it, before it is written. The
// driver's own word is not enough: its SafeToRetry is true as well of a commit whose
// answer was lost with the connection ("conn closed", pgx 5.12.0).
type wire struct {
	net.Conn
	writes *atomic.Int64
}

func (w wire) Write(b []byte) (int, error) {
	w.writes.Add(1)
	return w.Conn.Write(b)
}

// watch makes connections with these settings count their writes.
func watch(settings *pgx.ConnConfig, writes *atomic.Int64) {
	dial := settings.DialFunc
	settings.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return wire{conn, writes}, nil
	}
}

// aborted says whether an error is the server's answer that the transaction was
// aborted. An answer of severity ERROR says so by itself: the server sends it while it
// aborts, and a transaction that has been committed cannot be (AbortTransaction panics
// then, and there is no answer; what the wait for standbys has to say after the commit
// are warnings). FATAL answers prove nothing: a server that shuts down ends with one
// the wait of a transaction that is committed (57P01). Of the errors only those are
// taken for a proof that arise in the work of a transaction.
func aborted(err error) bool {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || answer.SeverityUnlocalized != "ERROR" {
		return false
	}
	return slices.ContainsFunc(proofs, func(code string) bool { return strings.HasPrefix(answer.Code, code) })
}

// proofs are SQLSTATEs or their beginnings (PostgreSQL's manual, appendix A).
var proofs = []string{
	"0A",    // feature not supported: serializable on a standby
	"21",    // cardinality violation
	"22",    // data exceptions
	"23",    // integrity constraint violations
	"25001", // active transaction
	"25006", // read-only transaction: the server is a standby
	"25P02", // in failed transaction
	"40001", // serialization failure
	"40002", // transaction integrity constraint violation
	"40P01", // deadlock detected
	"42",    // syntax, names, privileges
	"55P03", // lock not available
	"57014", // query canceled: by a timeout, or for replay on a standby
}

// harmless marks the error of a read, which changes nothing whatever became of it.
func harmless(err error) error { return workloads.NoEffect(err) }
