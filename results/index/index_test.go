package index_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/results/index"
	"github.com/assaykit/assay/results/live"
)

func store(t *testing.T, dir, run, verdict string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{results.RunFile: run, results.VerdictFile: verdict} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func record(target string, second int, more string) string {
	at := time.Date(2026, 11, 25, 12, 0, second, 0, time.UTC).Format(time.RFC3339)
	return fmt.Sprintf(`{"target": %q, "workload": "register", "started": %q%s}`, target, at, more)
}

const (
	isValid   = `{"checker": "all", "validity": "valid", "reason": "fine"}`
	isInvalid = `{"checker": "all", "validity": "invalid", "reason": "bad", "findings": [{"anomaly": "lost", "text": ""}, {"anomaly": "stale", "text": ""}, {"anomaly": "lost", "text": ""}], "faults": [{"fault": "kill", "shape": "all", "injected": 1}, {"fault": "pause", "injected": 0}]}`
)

// list is the runs in a fresh index as "id status".
func list(t *testing.T, root string) []string {
	t.Helper()
	runs, err := index.New(root).Runs()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range runs {
		all = append(all, r.ID+" "+string(r.Status))
	}
	return all
}

func TestEveryRunIsListedAsWhatItIs(t *testing.T) {
	root := t.TempDir()
	in := func(name string) string { return filepath.Join(root, "etcd-register", name) }
	store(t, in("1"), record("etcd", 1, ""), isValid)
	store(t, in("2"), record("etcd", 2, ""), isInvalid)
	store(t, in("3"), record("etcd", 3, ""), `{"validity": "unknown", "reason": ""}`)
	store(t, in("4"), record("etcd", 4, ""), "")
	store(t, in("5"), record("etcd", 5, `, "error": "no engine"`), `{"validity": "unknown", "reason": "nothing was checked"}`)
	store(t, in("6"), record("etcd", 6, `, "error": "no engine"`), isInvalid)
	store(t, in("7"), record("etcd", 7, ""), `{"validity": "inv`)
	store(t, in("8"), record("etcd", 8, ""), `{"validity": "fine"}`)
	store(t, in("9"), `{"target": "etcd", "star`, isValid)
	store(t, filepath.Join(root, "seeds", "10", "etcd-set", "a"), record("etcd", 10, `, "of_a_later_version": {}`), isValid)
	running := store(t, in("running"), record("etcd", 11, ""), "")
	w, err := live.Create(running)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := os.Mkdir(in("empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(in("9"), results.RunFile), time.Time{}, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	want := []string{"etcd-register/running running", "seeds/10/etcd-set/a valid", "etcd-register/8 damaged", "etcd-register/7 damaged", "etcd-register/6 invalid",
		"etcd-register/5 infrastructure", "etcd-register/4 abandoned", "etcd-register/3 unknown", "etcd-register/2 invalid", "etcd-register/1 valid", "etcd-register/9 damaged"}
	if got := list(t, root); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestADamagedRunIsFoundByItsFolder(t *testing.T) {
	root := t.TempDir()
	dir := store(t, filepath.Join(root, "my-service-queue", "1"), "{", "")
	r := index.Read(root, dir)
	if r.Target != "my-service" || r.Workload != "queue" || !strings.Contains(r.Problem, "run.json is damaged") || r.Started.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestAVerdictIsSummedUp(t *testing.T) {
	root := t.TempDir()
	r := index.Read(root, store(t, filepath.Join(root, "a"), record("etcd", 1, ""), isInvalid))
	if !r.Verdict.Judged || r.Verdict.Validity != checkers.Invalid || r.Verdict.Reason != "bad" {
		t.Errorf("%+v", r.Verdict)
	}
	if want := []index.Anomaly{{Name: "lost", Count: 2}, {Name: "stale", Count: 1}}; !slices.Equal(r.Verdict.Anomalies, want) {
		t.Errorf("anomalies %v", r.Verdict.Anomalies)
	}
	if !slices.Equal(r.Verdict.Faults, []string{"kill all"}) {
		t.Errorf("faults %v", r.Verdict.Faults)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	store(t, filepath.Join(root, "etcd-register", "1"), record("etcd", 1, ""), isValid)
	store(t, elsewhere, record("secret", 1, ""), isValid)
	linked := store(t, filepath.Join(root, "etcd-register", "2"), "", "")
	for from, to := range map[string]string{
		filepath.Join(root, "latest"):             filepath.Join("etcd-register", "1"),
		filepath.Join(root, "away"):               elsewhere,
		filepath.Join(linked, results.RunFile):    filepath.Join(elsewhere, results.RunFile),
		filepath.Join(root, "etcd-register", "3"): elsewhere,
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, root); !slices.Equal(got, []string{"etcd-register/1 valid"}) {
		t.Errorf("%v", got)
	}
}

func TestAChangeIsSeen(t *testing.T) {
	root := t.TempDir()
	dir := store(t, filepath.Join(root, "etcd-register", "1"), record("etcd", 1, ""), "")
	x := index.New(root)
	expect := func(want index.Status) {
		t.Helper()
		index.Forget(x)
		if r, ok := x.Find("etcd-register/1"); !ok || r.Status != want {
			t.Errorf("%v, want %v", r.Status, want)
		}
	}
	w, err := live.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	expect(index.Running)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	expect(index.Abandoned)
	store(t, dir, "", isInvalid)
	expect(index.Invalid)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	index.Forget(x)
	if _, ok := x.Find("etcd-register/1"); ok {
		t.Error("it is still there")
	}
}

func TestARootMayComeLater(t *testing.T) {
	if got := list(t, filepath.Join(t.TempDir(), "results")); got != nil {
		t.Errorf("%v", got)
	}
}

func TestVersionOf(t *testing.T) {
	for _, c := range []struct {
		run  results.Run
		want string
	}{
		{results.Run{}, ""},
		{results.Run{Image: "assay/nats:2.10.22", ImageID: "sha256:abc"}, "2.10.22"},
		{results.Run{Image: "assay/nats:2.10.22", Settings: map[string]string{"version": "2.9"}}, "2.9"},
		{results.Run{Image: "host:5000/service", ImageID: "sha256:0123456789abcdef"}, "sha256:0123456789ab"},
		{results.Run{Image: "host:5000/service:7@sha256:00"}, "7"},
		{results.Run{Image: "service:latest", ImageID: "sha256:ff"}, "sha256:ff"},
		{results.Run{ImageID: "odd"}, ""},
	} {
		if got := index.VersionOf(c.run); got != c.want {
			t.Errorf("%+v: %q, want %q", c.run, got, c.want)
		}
	}
}

func TestVersionsAreOrderedAsPeopleCount(t *testing.T) {
	want := []string{"", "1.0-rc1", "1.0-rc2", "1.0", "1.0.1", "1.2", "1.9", "1.10", "2", "10", "main"}
	for i, a := range want {
		for j, b := range want {
			got := index.CompareVersions(a, b)
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%q against %q is %d", a, b, got)
			}
		}
	}
}

func TestOnlyNumbersAreOrdered(t *testing.T) {
	for version, want := range map[string]bool{"3.5": true, "v3.5": true, "2024-01": true, "": false, "v": false, "main": false, "sha256:0123": false, "–": false} {
		if got := index.Numbered(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

func TestACertificateIsReadAgainWhenItHasChanged(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, "etcd-certificate", "1")
	store(t, filepath.Join(folder, "runs", "etcd-set", "1"), record("etcd", 1, ""), isValid)
	c := certificate.Certificate{Format: certificate.Format, Target: "etcd", Runs: []certificate.Run{{Dir: "runs/etcd-set/1"}, {Dir: "../../elsewhere"}, {}}}
	if err := c.Write(folder); err != nil {
		t.Fatal(err)
	}
	x := index.New(root)
	read := func() index.Certificate {
		t.Helper()
		found, ok := x.FindCertificate("etcd-certificate/1")
		if !ok {
			t.Fatal("it is not found")
		}
		return found
	}
	found := read()
	runs, err := x.Runs()
	if err != nil || len(runs) != 1 || !found.Has(runs[0].ID) || found.RunID(1) != "elsewhere" || found.RunID(2) != "" {
		t.Errorf("%v (%v): runs of a certificate's folder are runs, and its own: %q, %q, %q", runs, err, found.RunID(0), found.RunID(1), found.RunID(2))
	}
	c.Target = "another"
	if err := c.Write(folder); err != nil {
		t.Fatal(err)
	}
	time.Sleep(600 * time.Millisecond) // a list is not made again at once
	if found := read(); found.Target != "another" {
		t.Errorf("it is still about %s", found.Target)
	}
}
