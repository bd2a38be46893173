package nats

import "github.com/assaykit/assay/harness/cluster"

// Trades implements cluster.Trader.
func (Target) Trades() []cluster.Trade {
	return []cluster.Trade{
		{Setting: "reads", For: cluster.Consistency, Values: []string{"leader", "direct"}},
		{Setting: "compression", For: cluster.Compression, Values: []string{"off", "s2_fast"}},
	}
}
