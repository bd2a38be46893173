package serve_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results/certificate"
)

// certify writes a certificate that rests on two runs, of which the second is gone.
func certify(t *testing.T, root, id string, started time.Time, status certificate.Status) string {
	t.Helper()
	dir := filepath.Join(root, filepath.FromSlash(id))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	target := strings.TrimSuffix(filepath.Base(filepath.Dir(dir)), "-certificate")
	c := certificate.Certificate{
		Format: certificate.Format, Target: target, About: "a store", Started: started, Budget: 15 * time.Minute, CommandLine: []string{"assay", "certify", target},
		Claims: []certificate.Claim{
			{Workload: "register", Promise: "linearizable", Status: status, Why: "that is why", Trials: []certificate.Trial{{Faults: "none", Status: status, Runs: []int{0}}}},
			{Workload: "set", Promise: "nothing is lost", Status: certificate.Held},
		},
		Runs: []certificate.Run{
			{Dir: "../../" + target + "-register/1", Part: "claims", Workload: "register", Faults: "none", Seed: 7, Validity: checkers.Valid, Reason: "fine"},
			{Dir: "../../" + target + "-set/2", Part: "claims", Workload: "set", Faults: "kill", Seed: 8, Error: "out of machines"},
		},
	}
	if err := c.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func at(day int) time.Time { return time.Date(2026, 11, day, 12, 0, 0, 0, time.UTC) }

func shows(t *testing.T, page string, wanted ...string) {
	t.Helper()
	for _, text := range wanted {
		if !strings.Contains(page, text) {
			t.Errorf("%q is not on the page:\n%s", text, page)
		}
	}
}

func TestCertificatesAreListedBesideTheRuns(t *testing.T) {
	root := t.TempDir()
	put(t, root, "etcd-register/1", 1, isValid, "")
	server := site(t, root)
	_, page := get(t, server, "/")
	if strings.Contains(page, `id="certificates"`) {
		t.Errorf("there is no certificate yet:\n%s", page)
	}
	certify(t, root, "etcd-certificate/a", at(1), certificate.Held)
	certify(t, root, "nats-certificate/b", at(2), certificate.Broken)
	write(t, filepath.Join(root, "shop-certificate", "c", certificate.JSONFile), `{"format": 99}`)
	for _, path := range []string{"/", "/certificates/"} {
		_, page := get(t, site(t, root), path)
		shows(t, page, `href="/certificates/etcd-certificate/a"`, "2 of 2 claims held", "1 of 2 claims held, 1 broken", "BROKEN", "2026-11-01 12:00:00", "within 15m0s",
			"shop", "has format 99; this program knows 1", "damaged")
		if strings.Index(page, "nats-certificate/b") > strings.Index(page, "etcd-certificate/a") {
			t.Errorf("%s: the newest comes first", path)
		}
	}
	for day := 3; day < 8; day++ {
		certify(t, root, "etcd-certificate/"+string(rune('a'+day)), at(day), certificate.Unknown)
	}
	_, page = get(t, site(t, root), "/")
	shows(t, page, "All 8 certificates")
	if strings.Contains(page, `/certificates/etcd-certificate/a"`) {
		t.Error("old certificates push the runs off the page")
	}
}

func TestCertificatesAndRunsLeadToEachOther(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(put(t, root, "etcd-register/1", 1, isValid, ""), "report.html"), "REPORT")
	put(t, root, "etcd-register/3", 3, isValid, "")
	certify(t, root, "etcd-certificate/a", at(1), certificate.Broken)
	server := site(t, root)
	_, page := get(t, server, "/certificates/etcd-certificate/a")
	shows(t, page, `href="/runs/etcd-register/1"`, "not here", "out of machines", "infrastructure", "that is why", "assay certify etcd", `href="/certificates/etcd-certificate/a/certificate.html"`)
	_, page = get(t, server, "/runs/etcd-register/1")
	shows(t, page, `href="/certificates/etcd-certificate/a"`)
	if _, page = get(t, server, "/runs/etcd-register/3"); strings.Contains(page, "/certificates/") {
		t.Error("no certificate rests on the run")
	}
	response, page := get(t, server, "/certificates/etcd-certificate/a/certificate.html")
	if policy := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox") || strings.Contains(policy, "same-origin") || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%v", response.Header)
	}
	// The page is what was written for a folder; what it links to has to be there.
	shows(t, page, `href="../../etcd-register/1/report.html"`)
	response, _ = get(t, server, "/certificates/etcd-register/1/report.html") // as a browser makes of that
	if got := response.Header.Get("Location"); response.StatusCode != http.StatusFound || got != "/files/etcd-register/1/report.html" {
		t.Errorf("%s to %q", response.Status, got)
	}
	if _, page = get(t, server, "/files/etcd-register/1/report.html"); page != "REPORT" {
		t.Error(page)
	}
}

func TestNothingButTheFilesOfACertificateIsServed(t *testing.T) {
	root, outside := filepath.Join(t.TempDir(), "results"), t.TempDir()
	dir := certify(t, root, "etcd-certificate/a", at(1), certificate.Held)
	write(t, filepath.Join(outside, "secret"), "SECRET")
	write(t, filepath.Join(dir, "secret"), "SECRET")
	write(t, filepath.Join(root, "certificate.html"), "SECRET")
	linked := certify(t, root, "etcd-certificate/b", at(1), certificate.Held)
	page := filepath.Join(linked, certificate.PageFile)
	if err := os.Remove(page); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), page); err != nil {
		t.Fatal(err)
	}
	server := site(t, root)
	for _, path := range []string{
		"/certificates/secret", "/certificates/certificate.html", "/certificates/etcd-certificate", "/certificates/etcd-certificate/a/secret", "/certificates/etcd-certificate/a/../secret",
		"/certificates/etcd-certificate/a/%2e%2e/%2e%2e/certificate.html", "/certificates/etcd-certificate/a/x/certificate.html", "/certificates/etcd-certificate/a/certificate.html%00",
		"/certificates/etcd-certificate/b/certificate.html", "/certificates//etc/passwd", "/certificates/..%2f..%2fsecret",
	} {
		if response, body := get(t, server, path); response.StatusCode == http.StatusOK || strings.Contains(body, "SECRET") {
			t.Errorf("%s: %s\n%s", path, response.Status, body)
		}
	}
	if response, body := get(t, server, "/certificates/etcd-certificate/a/certificate.json"); response.StatusCode != http.StatusOK || !strings.Contains(body, `"linearizable"`) {
		t.Errorf("%s\n%s", response.Status, body)
	}
}

func TestACertificateInTheRootIsServed(t *testing.T) {
	root := t.TempDir()
	certify(t, filepath.Dir(root), filepath.Base(root), at(1), certificate.Held)
	server := site(t, root)
	_, page := get(t, server, "/")
	shows(t, page, `href="/certificates/certificate.html"`)
	if response, _ := get(t, server, "/certificates/certificate.html"); response.StatusCode != http.StatusOK {
		t.Error(response.Status)
	}
}

// A certificate comes from a program, and may come from anywhere.
func TestWhatStandsInACertificateIsText(t *testing.T) {
	root := t.TempDir()
	const hostile = `<script>alert(1)</script>`
	write(t, filepath.Join(root, "x-certificate", "1", certificate.JSONFile), `{"format": 1, "target": "`+hostile+`", "about": "`+hostile+`", "command_line": ["`+hostile+`"],
		"claims": [{"workload": "`+hostile+`", "promise": "`+hostile+`", "why": "`+hostile+`", "status": "`+hostile+`", "trials": [{"runs": [99]}]}],
		"runs": [{"dir": "/etc", "workload": "`+hostile+`", "reason": "`+hostile+`", "settings": {"`+hostile+`": "`+hostile+`"}}, {"dir": "../../../../etc"}, {}]}`)
	server := site(t, root)
	for _, path := range []string{"/", "/certificates/", "/certificates/x-certificate/1", "/certificates/" + hostile} {
		response, body := get(t, server, strings.ReplaceAll(strings.ReplaceAll(path, "<", "%3C"), ">", "%3E"))
		if strings.Contains(body, "<script>") || !strings.Contains(response.Header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: %s, %v\n%s", path, response.Status, response.Header, body)
		}
	}
	if _, body := get(t, server, "/certificates/x-certificate/1"); strings.Count(body, "not here") != 3 {
		t.Errorf("%s", body)
	}
}
