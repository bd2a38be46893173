//go:build unix

package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// volley is how many shots are sent over a link, shot how many bytes each has.
	volley = 30
	shot   = 400
	// between is the time between two shots, so that they travel apart.
	between = 2 * time.Millisecond
)

// measure sends volleys over links, all at the same time.
func (n *network) measure(ctx context.Context, links []cluster.Link) (map[cluster.Link]cluster.Measurement, error) {
	var (
		mu        sync.Mutex
		measuring sync.WaitGroup
		found     = make(map[cluster.Link]cluster.Measurement)
		errs      []error
	)
	for _, l := range links {
		measuring.Go(func() {
			m, err := n.probes[l].volley(ctx)
			mu.Lock()
			defer mu.Unlock()
			found[l] = m
			if err != nil {
				errs = append(errs, fmt.Errorf("measure the link from %s to %s: %w", l.From, l.To, err))
			}
		})
	}
	measuring.Wait()
	return found, errors.Join(errs...)
}

func (p *probe) volley(ctx context.Context) (cluster.Measurement, error) {
	p.sending.Lock()
	defer p.sending.Unlock()
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	m := cluster.Measurement{Sent: volley}
	p.forget()
	lost, first := p.stream.lost.Load(), p.sent
	var sent []time.Time
	for range volley {
		sent = append(sent, time.Now())
		if err := p.shoot(shot); err != nil {
			return m, err
		}
		time.Sleep(between)
	}
	arrived, err := p.await(ctx)
	if err != nil || !arrived {
		return m, err
	}
	m.Arrived = max(0, volley-int(p.stream.lost.Load()-lost))
	p.mu.Lock()
	defer p.mu.Unlock()
	took := p.took(first, sent)
	m.Fastest, m.Median, m.Rate = took[0], took[len(took)/2], p.rate(sent[0])
	return m, nil
}

// took is how long the shots were on their way, the shortest time first.
func (p *probe) took(first int64, sent []time.Time) []time.Duration {
	var took []time.Duration
	for i, at := range sent {
		whole := first + int64(i+1)*shot
		place, _ := slices.BinarySearchFunc(p.log, whole, func(a arrival, total int64) int { return cmp.Compare(a.total, total) })
		took = append(took, p.log[place].at.Sub(at))
	}
	slices.Sort(took)
	return took
}

// rate is at how many bytes a second they came in since the first was sent.
func (p *probe) rate(began time.Time) int64 {
	span := p.log[len(p.log)-1].at.Sub(began)
	return int64(volley * shot / max(span.Seconds(), 1e-9))
}
