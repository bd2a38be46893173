package redis

import (
	"cmp"
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// trial is what is tried on a server. If asking, the server has to be told first that the
// client was sent there for this once (ASKING), over the same connection.
type trial func(link *redis.Client, asking bool) error

// redirections is how often a client lets itself be sent on before it gives up: servers
// that disagree might send it round in circles.
const redirections = 5

// follow tries something on the server of a cluster that has a key, beginning with the one
// that had it last, or else with the client's own node. A server that does not have the key
// says so before it does anything (redis.io, "Redis cluster specification"), so that to
// try the next one repeats nothing. What came to any other end is not tried again: the
// library's own client for clusters has one limit (MaxRedirects) for redirections and for
// repetitions of what a lost connection left in doubt.
func (c *client) follow(ctx context.Context, key string, try trial) error {
	node, asking := cmp.Or(c.owners[key], c.node), false
	var last error
	for range redirections {
		if last = c.on(node, asking, try); absent(last) == nil {
			return last
		}
		moved, isMoved := redis.IsMovedError(last)
		other, isAsk := redis.IsAskError(last)
		switch {
		case isMoved:
			node, asking = host(moved), false
			c.owners[key] = node
		case isAsk:
			node, asking = host(other), true
		default:
			delete(c.owners, key) // the server may have lost its place: next time the own node is asked
			return last
		}
	}
	delete(c.owners, key)
	return last
}

func (c *client) on(node string, asking bool, try trial) error {
	link, err := c.link(node)
	if err != nil {
		return err
	}
	return try(link, asking)
}

// host is the name in an address: servers name each other by their names.
func host(address string) string {
	name, _, _ := strings.Cut(address, ":")
	return name
}
