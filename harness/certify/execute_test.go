package certify

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

var errNoMachines = errors.New("out of machines")

func planned(t *testing.T, start cluster.Starter) *Plan {
	t.Helper()
	c := configured(15 * time.Minute)
	c.Test.Start, c.Test.Results = start, t.TempDir()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Where no cluster can be had there is no certificate, and not after a quarter of an hour.
func TestWithoutAClusterThereIsNoCertificate(t *testing.T) {
	started := make(chan struct{}, 1000)
	p := planned(t, func(context.Context, cluster.Options) (cluster.Cluster, error) {
		started <- struct{}{}
		return nil, errNoMachines
	})
	c, err := p.Run(t.Context(), &bytes.Buffer{})
	if !errors.Is(err, errNoMachines) || c != nil {
		t.Errorf("certificate %v, error %v", c, err)
	}
	if n := len(started); n < 2 || n > 4 {
		t.Errorf("%d clusters were asked for", n)
	}
}

func TestAnInterruptedCertificateSaysWhatItLacks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := planned(t, func(context.Context, cluster.Options) (cluster.Cluster, error) { return nil, errNoMachines })
	c, err := p.Run(ctx, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if !c.Interrupted || len(c.Runs) != 0 || len(c.Left) < len(p.first) {
		t.Errorf("interrupted %v, %d runs, %d left out", c.Interrupted, len(c.Runs), len(c.Left))
	}
	for _, claim := range c.Claims {
		if claim.Status != "unknown" || !strings.Contains(claim.Why, "it was interrupted before") {
			t.Errorf("%s: %s, %s", claim.Workload, claim.Status, claim.Why)
		}
	}
}

// A run begins only if it will be over within the budget, by what others have taken.
func TestARunThatDoesNotFitIsNotBegun(t *testing.T) {
	p := planned(t, nil)
	e := &execution{Plan: p, began: time.Now().Add(-15*time.Minute + 12*time.Second)}
	c := p.first[0]
	c.test.Duration = 8 * time.Second
	if !e.fits(c) {
		t.Error("8 s and the 3 s that are expected around them do not fit into 12 s")
	}
	e.arounds = []time.Duration{time.Second, 10 * time.Second, time.Second}
	if !e.fits(c) {
		t.Error("8 s do not fit into 12 s although but one run took 10 s beside its load")
	}
	e.arounds = append(e.arounds, 9*time.Second)
	if e.fits(c) {
		t.Error("8 s fit into 12 s although runs take 10 s beside their load")
	}
}
