package workloads

import (
	"context"
	"fmt"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/cluster"
)

// span is a setting that is a time.
type span struct {
	key, about           string
	otherwise, low, high time.Duration
}

func (s span) setting() cluster.Setting {
	about := fmt.Sprintf("%s, %s to %s", s.about, s.low, s.high)
	return cluster.Setting{Key: s.key, About: about, Default: s.otherwise.String()}
}

// span is the time that was chosen.
func (c *chosen) span(s span) time.Duration {
	text, chosen := c.cfg.Settings[s.key]
	if !chosen {
		return s.otherwise
	}
	d, err := time.ParseDuration(text)
	if (err != nil || d < s.low || d > s.high) && c.err == nil {
		c.err = fmt.Errorf("setting %s=%s: allowed are times from %s to %s", s.key, text, s.low, s.high)
	}
	return d
}

// wait waits for a time, or until the context ends.
func wait(ctx context.Context, d time.Duration) { clock.Sleep(ctx, d) }
