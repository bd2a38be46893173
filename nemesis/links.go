package nemesis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// partition cuts links.
type partition struct {
	wires *wires
	id    int
	rules cluster.Rules
}

func (p *partition) inject(ctx context.Context) error { return p.wires.set(ctx, p.id, p.rules) }
func (p *partition) verify(ctx context.Context) error { return p.wires.verify(ctx) }
func (p *partition) heal(ctx context.Context) error   { return p.wires.clear(ctx, p.id) }

func (p *partition) verifyHealed(ctx context.Context) error { return p.wires.verify(ctx) }

func (p *partition) holds(ctx context.Context) error { return p.wires.verify(ctx) }

func (p *partition) concerns(nodes []string) bool { return concern(p.rules, nodes) }

// concern says whether rules are about links of one of the nodes.
func concern(r cluster.Rules, nodes []string) bool {
	return slices.ContainsFunc(r.Links(), func(l cluster.Link) bool {
		return slices.Contains(nodes, l.From) || slices.Contains(nodes, l.To)
	})
}

// corrupt spoils what runs over links. It is in effect once a packet was seen to
// be changed, which takes traffic: no other fault may silence the nodes
// meanwhile.
type corrupt struct {
	partition
	noise cluster.Noise
}

func (c *corrupt) verify(ctx context.Context) error {
	if c.noise == nil {
		return errors.New("this runtime cannot tell whether packets are changed")
	}
	return until(ctx, func(ctx context.Context) error {
		counts, err := c.noise.Corrupted(ctx)
		if err != nil {
			return err
		}
		for link := range c.rules.Corrupt {
			if counts[link] > 0 {
				return nil
			}
		}
		return errors.New("no packet was changed")
	})
}

// calming is how long links are watched to see that they change nothing any more: long
// enough for some dozen packets of nodes that hold together.
const calming = 250 * time.Millisecond

// verifyHealed observes that no packet is changed any more. A link on which nothing is
// sent shows nothing.
func (c *corrupt) verifyHealed(ctx context.Context) error {
	if err := c.wires.verify(ctx); err != nil || c.noise == nil {
		return err
	}
	before, err := c.noise.Corrupted(ctx)
	if err != nil {
		return err
	}
	wait(ctx, calming)
	after, err := c.noise.Corrupted(ctx)
	if err != nil {
		return err
	}
	var wrong []string
	for l := range c.rules.Corrupt {
		if after[l] > before[l] {
			wrong = append(wrong, fmt.Sprintf("%s->%s still changes packets", l.From, l.To))
		}
	}
	return complaint(wrong)
}
