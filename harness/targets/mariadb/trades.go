package mariadb

import "github.com/assaykit/assay/harness/cluster"

// Trades implements cluster.Trader.
func (Target) Trades() []cluster.Trade {
	return []cluster.Trade{{Setting: "compression", For: cluster.Compression, Values: []string{"off", "on"}}}
}
