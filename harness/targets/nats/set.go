package nats

import (
	"context"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Add implements workloads.Set: every element is a message with a subject of its own.
func (c *client) Add(ctx context.Context, set string, element int) error {
	_, err := c.publish(ctx, setStream, nats.NewMsg(elements(set)+strconv.Itoa(element)))
	return err
}

// Elements implements workloads.Set: the subjects of which the stream's leader has a
// message, in one answer as long as there are no more than 100,000.
func (c *client) Elements(ctx context.Context, set string) ([]int, error) {
	s, err := c.stream(ctx, setStream)
	if err != nil {
		return nil, err
	}
	prefix := elements(set)
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(prefix+"*"))
	if err != nil {
		return nil, harmless(err)
	}
	if err := fromLeader(info.Cluster); err != nil {
		return nil, harmless(err)
	}
	var all []int
	for subject := range info.State.Subjects {
		element, err := strconv.Atoi(strings.TrimPrefix(subject, prefix))
		if err != nil {
			return nil, harmless(err)
		}
		all = append(all, element)
	}
	return all, nil
}

func elements(set string) string { return "set." + set + "." }
