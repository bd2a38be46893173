package compare_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/results/compare"
)

func certified(t *testing.T, c certificate.Certificate) string {
	t.Helper()
	c.Format = certificate.Format
	dir := t.TempDir()
	writeJSON(t, filepath.Join(dir, certificate.JSONFile), c)
	return dir
}

func TestCertificates(t *testing.T) {
	claim := func(s certificate.Status) certificate.Certificate {
		return certificate.Certificate{Target: "etcd", Claims: []certificate.Claim{{Workload: "register", Promise: "linearizable", Status: s}}}
	}
	delivery := func(observed string) certificate.Certificate {
		return certificate.Certificate{Target: "etcd", Deliveries: []certificate.Delivery{{Workload: "queue", Observed: observed}}}
	}
	lost := func(n int) certificate.Certificate {
		return certificate.Certificate{Target: "etcd", Partitions: []certificate.Partition{{Kind: "halves", Consistent: certificate.Held, Lost: n}}}
	}
	none := certificate.Certificate{Target: "etcd"}
	for name, c := range map[string]struct {
		old, new certificate.Certificate
		worse    bool
	}{
		"held":                      {claim(certificate.Held), claim(certificate.Held), false},
		"broke":                     {claim(certificate.Held), claim(certificate.Broken), true},
		"broken before":             {claim(certificate.Broken), claim(certificate.Broken), false},
		"mended":                    {claim(certificate.Broken), claim(certificate.Held), false},
		"proof is gone":             {claim(certificate.Held), claim(certificate.Unknown), true},
		"broken, was not known":     {claim(certificate.Unknown), claim(certificate.Broken), true},
		"broken or not, who knows":  {claim(certificate.Broken), claim(certificate.Unknown), false},
		"new and broken":            {none, claim(certificate.Broken), true},
		"new and held":              {none, claim(certificate.Held), false},
		"not tried any more":        {claim(certificate.Held), none, false},
		"comes twice":               {delivery("exactly once"), delivery("at least once"), true},
		"gets lost":                 {delivery("at least once"), delivery("at most once"), true},
		"gets lost and comes twice": {delivery("at most once"), delivery("neither"), true},
		"delivered better":          {delivery("at least once"), delivery("exactly once"), false},
		"lost at heal":              {lost(0), lost(2), true},
		"lost before":               {lost(1), lost(2), false},
		"loss is not known":         {lost(0), lost(-1), false},
	} {
		got, err := compare.CompareCertificates(certified(t, c.old), certified(t, c.new))
		if err != nil || got.Regressed() != c.worse {
			t.Errorf("%s: %v, %v", name, got.Regressions, err)
		}
	}
	if _, err := compare.CompareCertificates(certified(t, none), certified(t, certificate.Certificate{Target: "nats"})); err == nil {
		t.Error("certificates of two targets were compared")
	}
	damaged := filepath.Join(t.TempDir(), certificate.JSONFile)
	if err := os.WriteFile(damaged, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := compare.CompareCertificates(damaged, damaged); err == nil {
		t.Error("damaged certificates were compared")
	}
}
