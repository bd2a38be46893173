package postgres

import "github.com/assaykit/assay/harness/cluster"

// Trades implements cluster.Trader.
func (Target) Trades() []cluster.Trade {
	return []cluster.Trade{{Setting: "protocol", For: cluster.Serialization, Values: []string{"extended", "simple"}}}
}
