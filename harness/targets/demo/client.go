package demo

import (
	"context"
	"net/http"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/workloads"
)

// Client speaks to one node and no other, over one connection at a time, and
// never repeats a request.
type Client struct {
	address string
	http    *http.Client
	// direct takes the place of both where the node is simulated.
	direct cluster.Connection
	// owner is who holds the locks of this connection.
	owner int
}

var (
	_ cluster.Target     = Target{}
	_ cluster.Leaders    = Target{}
	_ cluster.TimeTeller = Target{}
	_ world.Target       = Target{}
	_ workloads.Register = (*Client)(nil)
	_ workloads.Queue    = (*Client)(nil)
	_ workloads.Set      = (*Client)(nil)
)

// Dial implements cluster.Target. It connects with the first request.
func (Target) Dial(_ context.Context, node cluster.Node, _ cluster.Config) (cluster.Client, error) {
	return to(node), nil
}

// to is a client of the node.
func to(node cluster.Node) *Client {
	if simulated, ok := node.(cluster.Direct); ok {
		direct := simulated.Connect()
		return &Client{direct: direct, owner: direct.Number()}
	}
	return dial(node.Addr(clientPort))
}

// Prototype implements cluster.Target.
func (Target) Prototype() cluster.Client { return dial("") }

func dial(address string) *Client {
	return &Client{address: address, owner: newOwner(), http: &http.Client{
		// No proxy, no compression: nothing stands between client and node. (The
		// transport repeats a POST only if it has not sent a byte of it.)
		Transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// Close implements io.Closer.
func (c *Client) Close() error {
	if c.direct != nil {
		return c.direct.Close()
	}
	c.http.CloseIdleConnections()
	return nil
}

// Read implements workloads.Register.
func (c *Client) Read(ctx context.Context, key string) (value int, found bool, err error) {
	return c.ask(ctx, request{F: "read", Key: key}).valueFound()
}

// Write implements workloads.Register.
func (c *Client) Write(ctx context.Context, key string, value int) error {
	return c.ask(ctx, request{F: "write", Key: key, Value: new(value)}).err
}

// CompareAndSet implements workloads.Register.
func (c *Client) CompareAndSet(ctx context.Context, key string, old, new int) (swapped bool, err error) {
	return c.ask(ctx, request{F: "cas", Key: key, Old: &old, New: &new}).swapped()
}

// Send implements workloads.Queue.
func (c *Client) Send(ctx context.Context, queue string, value int) error {
	return c.ask(ctx, request{F: "send", Key: queue, Value: new(value)}).err
}

// Receive implements workloads.Queue.
func (c *Client) Receive(ctx context.Context, queue string) (value int, found bool, err error) {
	return c.ask(ctx, request{F: "receive", Key: queue}).valueFound()
}

// Add implements workloads.Set.
func (c *Client) Add(ctx context.Context, set string, element int) error {
	return c.ask(ctx, request{F: "add", Key: set, Value: new(element)}).err
}

// Elements implements workloads.Set.
func (c *Client) Elements(ctx context.Context, set string) ([]int, error) {
	return c.ask(ctx, request{F: "elements", Key: set}).elements()
}
