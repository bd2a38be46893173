package maelstrom

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// gauge takes note of the probes of a volley.
type gauge struct {
	mu sync.Mutex
	// took is how long each took the first time, times how often it came.
	took  map[int]time.Duration
	times map[int]int
	// newest is the probe sent last among those that have come.
	newest, late int
	last         time.Time
}

func (g *gauge) arrived(probe int, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = time.Now()
	if g.times[probe]++; g.times[probe] > 1 {
		return
	}
	g.took[probe] = took
	if probe < g.newest {
		g.late++
	}
	g.newest = max(g.newest, probe)
}

func (g *gauge) read(m *cluster.Measurement, began time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m.Arrived, m.Late = len(g.took), g.late
	for _, times := range g.times {
		if times > 1 {
			m.Twice++
		}
	}
	if m.Arrived == 0 {
		return
	}
	took := slices.Sorted(maps.Values(g.took))
	m.Fastest, m.Median = took[0], took[len(took)/2]
	m.Rate = int64(float64(m.Arrived*size) / max(g.last.Sub(began).Seconds(), 1e-9))
}
