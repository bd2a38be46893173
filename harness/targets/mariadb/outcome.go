package mariadb

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/assaykit/assay/workloads"
)

// outcome wraps the error of a commit, or of a statement that is a transaction of its
// own, by workloads.NoEffect if nothing was sent (which is what the driver means by a bad
// connection), or if the server's answer, which took a while, proves that the transaction
// was undone.
func outcome(err error, took time.Duration) error {
	var answer *mysql.MySQLError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrBadConn):
		return workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	case errors.As(err, &answer) && took >= unheard && slices.Contains(prompt, answer.Number):
		return err
	case errors.As(err, &answer) && slices.Contains(proofs, answer.Number):
		return workloads.NoEffect(fmt.Errorf("undone: %w", err))
	}
	return err
}

// proofs are errors that MariaDB answers to a statement that it has not executed, or
// whose transaction it has undone. Not among them are those that it answers as well to
// a commit that the log, or other nodes, already have: an error during commit (1180), an
// interruption (1317), a shutdown (1053), a connection that was killed (1927), an engine
// that failed (1030).
var proofs = []uint16{
	1020, // record has changed since last read: snapshot isolation
	1040, // too many connections
	1047, // WSREP has not yet prepared node for application use: it has no majority
	1054, // unknown column
	1062, // duplicate entry
	1064, // syntax
	1146, // no such table
	1205, // lock wait timeout exceeded: undoes the statement
	1213, // deadlock: undoes the transaction; in Galera also that another node was first
	1264, // out of range
	1290, // the server runs with an option that forbids it
	1406, // data too long
	1690, // out of range in an expression
	1792, // read-only transaction
}

// unheard is after what time a node of Galera may have lost touch with the others: it
// suspects them after five seconds (evs.suspect_timeout), of which one may have been over.
const unheard = 3 * time.Second

// prompt are proofs only if they come before that. A node that was about to abort a
// transaction for another's sake, and had sent it to the others, calls it a deadlock too
// when it has lost touch with them before it heard of it again (certify_commit in
// wsrep-lib's transaction.cpp, of a failed connection): these may have committed it. A
// statement that is a transaction of its own is then executed once more
// (wsrep_retry_autocommit), and answered with what comes of that.
var prompt = []uint16{1047, 1205, 1213}

// harmless marks the error of a read, which changes nothing whatever became of it.
func harmless(err error) error { return workloads.NoEffect(err) }
