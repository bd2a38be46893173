package demo

import "context"

// Call asks for a function that only other protocols have than the demo's, of nodes
// that speak as the demo's do. Value is nil if the function takes none.
func (c *Client) Call(ctx context.Context, f, key string, value *int) (answer int, found bool, err error) {
	return c.ask(ctx, request{F: f, Key: key, Value: value}).valueFound()
}
