package redis

import (
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/assaykit/assay/workloads"
)

// settle wraps the error of a write by workloads.NoEffect if it is an answer by which the
// server turned it away. That nothing was sent because there was no connection is seen to
// where it is made: see dial.
func settle(err error) error {
	var answer redis.Error
	if errors.As(err, &answer) && turnedAway(answer.Error()) {
		return workloads.NoEffect(err)
	}
	return err
}

// turnedAway goes by the first word of an answer, and by the source of Redis 7.0:
// processCommand in server.c rejects a command, and scriptCall in script.c one of a
// script's, before it is executed. Of a transaction, a cluster's servers look once more at
// all keys before EXEC executes anything. Our scripts write once at most. What a transaction
// does after it was queued is told inside the answer to EXEC and is not looked at here.
func turnedAway(answer string) bool {
	word, _, _ := strings.Cut(answer, " ")
	switch word {
	case "READONLY", // a replica
		"MASTERDOWN",  // a replica without its master, if it is told not to serve then
		"NOREPLICAS",  // a master with too few replicas
		"LOADING",     // a server that reads its files
		"MISCONF",     // a server that could not write to its disk before
		"OOM",         // a server without memory
		"BUSY",        // a server that is busy with a script
		"EXECABORT",   // a transaction of which a command was turned away
		"NOGROUP",     // a stream without the consumer group
		"BUSYGROUP",   // a stream that has the consumer group
		"WRONGTYPE",   // a key of another kind
		"MOVED",       // a server of a cluster that does not have the key
		"ASK",         // one that is giving the key away
		"TRYAGAIN",    // one that has some of the keys only
		"CROSSSLOT",   // one that keeps such keys together at no time
		"CLUSTERDOWN": // one that does not see enough of the others
		return true
	}
	return false
}
