package etcd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/metadata"

	"github.com/assaykit/assay/workloads"
)

// progressAgain is the time between two requests to be told how far a watcher is.
// A member does not answer those that come while it reads up old changes.
const progressAgain = 50 * time.Millisecond

// Changes implements workloads.Watch by a watcher of etcd, which is asked how far it
// is: the answer comes behind the changes up to there.
func (c *client) Changes(ctx context.Context, prefix string, after int64) (changes []workloads.Change, upto int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Answers about progress go to all watchers of a connection's stream. One that was
	// asked for by the watcher before must not come to this one, and streams are kept
	// apart by what is sent along with them.
	c.watched++
	ctx = metadata.AppendToOutgoingContext(clientv3.WithRequireLeader(ctx), "assay-watch", strconv.Itoa(c.watched))
	events := c.remote.Watch(ctx, versioned+prefix, clientv3.WithPrefix(), clientv3.WithRev(after+1), clientv3.WithCreatedNotify())
	changes, upto, err = c.follow(ctx, events, after)
	return changes, upto, harmless(err)
}

func (c *client) follow(ctx context.Context, events clientv3.WatchChan, after int64) (changes []workloads.Change, upto int64, err error) {
	again := time.NewTicker(progressAgain)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if err := c.remote.RequestProgress(ctx); err != nil {
				return nil, 0, fmt.Errorf("watch: ask how far it is: %w", err)
			}
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case answer, open := <-events:
			if !open {
				return nil, 0, errors.Join(errors.New("watch: the watcher ended"), ctx.Err())
			}
			if err := answer.Err(); err != nil {
				return nil, 0, fmt.Errorf("watch: %w", err)
			}
			if answer.IsProgressNotify() && answer.Header.Revision >= after {
				return changes, answer.Header.Revision, nil
			}
			if changes, err = added(changes, answer.Events); err != nil {
				return nil, 0, err
			}
			if answer.Created {
				err = c.remote.RequestProgress(ctx)
			}
			if err != nil {
				return nil, 0, fmt.Errorf("watch: ask how far it is: %w", err)
			}
		}
	}
}

// added are the changes and those that events tell of.
func added(changes []workloads.Change, events []*clientv3.Event) ([]workloads.Change, error) {
	for _, event := range events {
		change := workloads.Change{
			Key:     strings.TrimPrefix(string(event.Kv.Key), versioned),
			Version: event.Kv.ModRevision,
			Deleted: event.Type == clientv3.EventTypeDelete,
		}
		if !change.Deleted {
			var err error
			if change.Value, err = strconv.Atoi(string(event.Kv.Value)); err != nil {
				return nil, fmt.Errorf("watch: change of %s: %w", change.Key, err)
			}
		}
		changes = append(changes, change)
	}
	return changes, nil
}
