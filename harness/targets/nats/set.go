package nats

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Add implements workloads.Set: every element is a message with a subject of its own.
func (c *client) Add(ctx context.Context, set string, element int) error {
	_, err := c.publish(ctx, setStream, nats.NewMsg(elements(set)+strconv.Itoa(element)))
	return err
}

// Elements implements workloads.Set: the subjects of which the stream has a message, in
// one answer as long as there are no more than 100,000. Who leads, or believes so, may not
// have applied yet what was acknowledged, and be cut off from who has. So a message is
// stored first, behind whatever was acknowledged before the read, and an answer counts
// only if that message is in it.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	mark, err := c.publish(ctx, setStream, nats.NewMsg(markSubject))
	if err != nil {
		return nil, harmless(err)
	}
	s, err := c.stream(ctx, setStream)
	if err != nil {
		return nil, err
	}
	for {
		info, err := s.Info(ctx, jetstream.WithSubjectFilter(elements(set)+"*"))
		if err != nil {
			return nil, harmless(err)
		}
		if err = upTo(info, mark); err == nil {
			return elementsOf(info, set)
		}
		select {
		case <-ctx.Done():
			return nil, harmless(err)
		case <-time.After(again):
		}
	}
}

func elementsOf(info *jetstream.StreamInfo, set string) ([]int, error) {
	var all []int
	for subject := range info.State.Subjects {
		element, err := strconv.Atoi(strings.TrimPrefix(subject, elements(set)))
		if err != nil {
			return nil, harmless(err)
		}
		all = append(all, element)
	}
	return all, nil
}

// upTo says why an answer does not tell all that was in a stream when a message was
// stored, if so. The server looks up the subjects after the last number.
func upTo(info *jetstream.StreamInfo, message uint64) error {
	if err := fromLeader(info.Cluster); err != nil {
		return err
	}
	if info.State.LastSeq < message {
		return fmt.Errorf("the answer comes from a server that has no more than %d of %d messages", info.State.LastSeq, message)
	}
	return nil
}

const (
	// markSubject has no set's elements.
	markSubject = "set.mark"
	// again is the time between two questions.
	again = 20 * time.Millisecond
)

func elements(set string) string { return "set." + set + "." }
