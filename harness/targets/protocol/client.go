package protocol

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/call"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/workloads"
)

// client speaks to one node, as the demo's clients do, and offers the data type of one
// protocol only.
type client struct {
	*demo.Client
	protocol string
	offers   []string
}

var (
	_ workloads.Partial   = client{}
	_ workloads.Register  = client{}
	_ workloads.Queue     = client{}
	_ workloads.Lease     = client{}
	_ workloads.Consensus = client{}
)

// Dial implements cluster.Target. It connects with the first request.
func (t Target) Dial(ctx context.Context, node cluster.Node, cfg cluster.Config) (cluster.Client, error) {
	return t.dial(ctx, node, cfg)
}

func (t Target) dial(ctx context.Context, node cluster.Node, cfg cluster.Config) (client, error) {
	c, err := t.nodes.Dial(ctx, node, cfg)
	if err != nil {
		return client{}, err
	}
	return t.client(c), nil
}

// Prototype implements cluster.Target.
func (t Target) Prototype() cluster.Client { return t.client(t.nodes.Prototype()) }

func (t Target) client(c cluster.Client) client {
	return client{c.(*demo.Client), t.protocol.Name, t.protocol.Service.Types}
}

// Offers implements workloads.Partial.
func (c client) Offers(dataType string) error {
	if !slices.Contains(c.offers, dataType) {
		return fmt.Errorf("%s does not offer that", c.protocol)
	}
	return nil
}

// Propose implements workloads.Consensus.
func (c client) Propose(ctx context.Context, instance string, value int) (decided int, err error) {
	decided, found, err := c.Call(ctx, call.Propose, instance, &value)
	if err == nil && !found {
		err = fmt.Errorf("propose %s: the answer does not tell what was decided", instance)
	}
	return decided, err
}

// Decision implements workloads.Consensus.
func (c client) Decision(ctx context.Context, instance string) (decided int, known bool, err error) {
	return c.Call(ctx, call.Learn, instance, nil)
}
