package serve_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/live"
	"github.com/assaykit/assay/results/serve"
)

const (
	isValid   = `{"checker": "register", "validity": "valid", "reason": "fine", "parts": [{"checker": "linearizable register", "validity": "valid", "reason": "fine"}]}`
	isInvalid = `{"checker": "register", "validity": "invalid", "reason": "bad", "findings": [{"anomaly": "stale-read", "text": ""}], "parts": [{"checker": "linearizable register", "validity": "invalid", "reason": "bad"}], "faults": [{"fault": "kill", "shape": "all", "injected": 1}]}`
)

// put writes a run at 12:00 and some minutes.
func put(t *testing.T, root, id string, minute int, verdict, more string) string {
	t.Helper()
	dir := filepath.Join(root, filepath.FromSlash(id))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	target, workload, _ := strings.Cut(filepath.Base(filepath.Dir(dir)), "-")
	write(t, filepath.Join(dir, results.RunFile), fmt.Sprintf(`{"target": %q, "workload": %q, "nemesis": "partition:leader,kill", "seed": %d, "started": "2026-11-25T12:%02d:00Z"%s}`, target, workload, minute, minute, more))
	if verdict != "" {
		write(t, filepath.Join(dir, results.VerdictFile), verdict)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func site(t *testing.T, root string) *httptest.Server {
	t.Helper()
	handler, err := serve.Handler(t.Context(), serve.Config{Root: root, Hosts: []string{"assay.example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, server *httptest.Server, path string) (*http.Response, string) {
	t.Helper()
	return ask(t, server, http.MethodGet, path, "")
}

// ask sends the path as it is: no client mends it before.
func ask(t *testing.T, server *httptest.Server, method, path, host string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if host == "" {
		host = server.Listener.Addr().String()
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", method, path, host)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return response, string(body)
}

var rows = regexp.MustCompile(`name="run" value="([^"]*)"`)

// listed are the runs in a table, in its order.
func listed(page string) []string {
	var all []string
	for _, m := range rows.FindAllStringSubmatch(page, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestTheTableIsSearchedFilteredAndSorted(t *testing.T) {
	root := t.TempDir()
	put(t, root, "etcd-register/1", 1, isValid, `, "image": "etcd:3.10"`)
	put(t, root, "etcd-register/2", 2, isInvalid, `, "image": "etcd:3.9", "settings": {"reads": "serializable"}`)
	put(t, root, "nats-set/3", 3, isValid, `, "nemesis": "none"`)
	put(t, root, "nats-set/4", 4, "", ``)
	write(t, filepath.Join(root, "nats-set", "5", results.RunFile), "{")
	server := site(t, root)
	for query, want := range map[string]string{
		"":                          "nats-set/5 nats-set/4 nats-set/3 etcd-register/2 etcd-register/1",
		"?q=stale-read":             "etcd-register/2",
		"?q=READS=serial+etcd":      "etcd-register/2",
		"?q=nothing":                "",
		"?target=nats":              "nats-set/5 nats-set/4 nats-set/3",
		"?version=3.9":              "etcd-register/2",
		"?workload=register":        "etcd-register/2 etcd-register/1",
		"?faults=kill":              "nats-set/4 etcd-register/2 etcd-register/1",
		"?faults=none":              "nats-set/5 nats-set/3",
		"?verdict=invalid":          "etcd-register/2",
		"?verdict=abandoned":        "nats-set/4",
		"?verdict=damaged":          "nats-set/5",
		"?to=2026-11-25":            "nats-set/4 nats-set/3 etcd-register/2 etcd-register/1",
		"?to=2026-11-24":            "",
		"?sort=time&reverse=1":      "etcd-register/1 etcd-register/2 nats-set/3 nats-set/4 nats-set/5",
		"?sort=version&target=etcd": "etcd-register/1 etcd-register/2",
		"?sort=verdict":             "etcd-register/2 nats-set/3 etcd-register/1 nats-set/4 nats-set/5",
		"?sort=seed&target=etcd":    "etcd-register/1 etcd-register/2",
		"?sort=nonsense&page=-7":    "nats-set/5 nats-set/4 nats-set/3 etcd-register/2 etcd-register/1",
	} {
		if query != "" && !strings.Contains(query, "to=") && !strings.Contains(query, "sort=") && !strings.Contains(query, "q=") {
			query += "&from="
		}
		_, page := get(t, server, "/"+query)
		got := listed(page)
		if strings.HasPrefix(query, "?to=2026-11-25") {
			got = slices.DeleteFunc(got, func(id string) bool { return id == "nats-set/5" }) // it has the time of its file
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestHundredsOfRunsAreShownInPages(t *testing.T) {
	root := t.TempDir()
	for i := range 250 {
		put(t, root, fmt.Sprintf("etcd-register/%03d", i), i%60, isValid, "")
	}
	server := site(t, root)
	seen := map[string]bool{}
	for page, want := range []int{100, 100, 50} {
		_, text := get(t, server, fmt.Sprintf("/?page=%d", page))
		if got := listed(text); len(got) != want {
			t.Errorf("page %d has %d runs", page, len(got))
		}
		for _, id := range listed(text) {
			seen[id] = true
		}
	}
	if len(seen) != 250 {
		t.Errorf("%d runs are on the pages", len(seen))
	}
}

func TestNothingButRunsIsServed(t *testing.T) {
	root, outside := filepath.Join(t.TempDir(), "results"), t.TempDir()
	dir := put(t, root, "etcd-register/1", 1, isValid, "")
	write(t, filepath.Join(outside, "secret"), "SECRET")
	write(t, filepath.Join(filepath.Dir(root), "secret"), "SECRET")
	write(t, filepath.Join(root, "secret"), "SECRET")
	write(t, filepath.Join(root, "etcd-register", "secret"), "SECRET")
	for from, to := range map[string]string{
		filepath.Join(dir, "link"):   filepath.Join(outside, "secret"),
		filepath.Join(dir, "folder"): outside,
		filepath.Join(dir, "up"):     "../../..",
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	server := site(t, root)
	for _, path := range []string{
		"/files/secret", "/files/etcd-register/secret", "/files/", "/files/etcd-register", "/files/etcd-register/1/../secret", "/files/etcd-register/1/../../../secret",
		"/files/etcd-register/1/%2e%2e/secret", "/files/etcd-register/1/%2e%2e%2f%2e%2e%2fsecret", "/files/etcd-register/1/..%5c..%5csecret",
		"/files/etcd-register/1/link", "/files/etcd-register/1/folder/secret", "/files/etcd-register/1/folder/", "/files/etcd-register/1/up/secret",
		"/files/etcd-register/1/pipe", "/files/etcd-register/1/run.json%00", "/files/etcd-register/1//../../secret", "/files//etc/passwd", "/static/../pages/list.html", "/static/%2e%2e/pages/list.html",
		"/runs/../../secret", "/runs/etcd-register", "/live/etcd-register", "/targets/..", "/targets/%2e%2e", "/compare", "/compare?run=etcd-register/1", "/compare?run=../x&run=y", "/nothing",
	} {
		response, body := get(t, server, path)
		if response.StatusCode == http.StatusOK || strings.Contains(body, "SECRET") || strings.Contains(body, "root:") {
			t.Errorf("%s: %s\n%s", path, response.Status, body)
		}
	}
	for path, want := range map[string]string{"/files/etcd-register/1/run.json": `"etcd"`, "/files/etcd-register/1/": "pipe", "/runs/etcd-register/1": "etcd · register"} {
		if response, body := get(t, server, path); response.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %s\n%s", path, response.Status, body)
		}
	}
}

func TestOnlyAKnownNameIsAnswered(t *testing.T) {
	server := site(t, t.TempDir())
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{
		"127.0.0.1:7700": 200, "localhost": 200, "LOCALHOST:1": 200, "[::1]:7700": 200, "192.168.1.5:7700": 200, "assay.example.org:7700": 200, name: 200,
		"evil.example": 421, "evil.example:7700": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "xassay.example.org": 421,
	} {
		if response, _ := ask(t, server, http.MethodGet, "/", host); response.StatusCode != want {
			t.Errorf("%s: %s, want %d", host, response.Status, want)
		}
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		if response, _ := ask(t, server, method, "/", ""); response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %s", method, response.Status)
		}
	}
}

// TestWhatASystemHasWrittenIsText tries to have a browser run something.
func TestWhatASystemHasWrittenIsText(t *testing.T) {
	root := t.TempDir()
	const hostile = `<script>alert(1)</script>`
	dir := put(t, root, "etcd-register/1", 1, `{"validity": "invalid", "reason": "`+hostile+`", "findings": [{"anomaly": "`+hostile+`", "text": ""}], "parts": [{"checker": "`+hostile+`", "validity": "invalid", "reason": ""}]}`,
		`, "settings": {"`+hostile+`": "`+hostile+`"}, "image": "x:`+hostile+`", "command_line": ["`+hostile+`"]`)
	put(t, root, "etcd-register/2", 2, isValid, "")
	write(t, filepath.Join(dir, "nodes", "n1", "index.html"), hostile)
	write(t, filepath.Join(dir, "nodes", "n1", "picture.svg"), hostile)
	write(t, filepath.Join(dir, "nodes", "n1", "core"), "\x7fELF\x00")
	write(t, filepath.Join(dir, "report.html"), hostile)
	server := site(t, root)
	for _, path := range []string{"/", "/?q=" + url.QueryEscape(hostile), "/runs/etcd-register/1", "/compare?run=etcd-register/1&run=etcd-register/2", "/targets/etcd", "/runs/" + url.PathEscape(hostile), "/files/etcd-register/1/"} {
		response, body := get(t, server, path)
		if strings.Contains(body, "<script>") || !strings.Contains(response.Header.Get("Content-Security-Policy"), "script-src 'self'") || response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v\n%s", path, response.Header, body)
		}
	}
	for path, want := range map[string]string{"nodes/n1/index.html": "text/plain", "nodes/n1/picture.svg": "text/plain", "nodes/n1/core": "application/octet-stream", "report.html": "text/html"} {
		response, _ := get(t, server, "/files/etcd-register/1/"+path)
		policy := response.Header.Get("Content-Security-Policy")
		if got := response.Header.Get("Content-Type"); !strings.HasPrefix(got, want) || !strings.HasPrefix(policy, "sandbox") || strings.Contains(policy, "allow-same-origin") || response.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, response.Header)
		}
	}
}

func TestTwoRunsSideBySide(t *testing.T) {
	root := t.TempDir()
	put(t, root, "etcd-register/1", 1, isValid, `, "image": "etcd:3.5"`)
	put(t, root, "etcd-register/2", 2, isInvalid, `, "image": "etcd:3.6"`)
	put(t, root, "etcd-register/3", 3, "", "")
	server := site(t, root)
	for path, want := range map[string][]string{
		"/compare?run=etcd-register/2&run=etcd-register/1":      {"REGRESSION", "stale-read", "kill all", "3.5", "3.6"},
		"/compare?run=etcd-register/2&run=etcd-register/1&swap": {"no regression", "not seen broken any more"},
		"/compare?run=etcd-register/1&run=etcd-register/3":      {"never judged"},
		"/compare?run=etcd-register/1":                          {"1 were chosen"},
		"/compare?run=etcd-register/1&run=nowhere":              {"no run nowhere"},
	} {
		_, page := get(t, server, path)
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s lacks %q:\n%s", path, text, page)
			}
		}
	}
}

func TestWhichPromisesBrokeWhen(t *testing.T) {
	root := t.TempDir()
	put(t, root, "nats-set/1", 1, isValid, `, "image": "nats:2.9"`)
	put(t, root, "nats-set/2", 2, isInvalid, `, "image": "nats:2.10"`)
	put(t, root, "nats-set/3", 3, isValid, `, "image": "nats:2.10"`)
	put(t, root, "nats-set/4", 4, `{"validity": "unknown"}`, `, "image": "nats:2.11"`)
	put(t, root, "nats-set/5", 5, isValid, `, "image": "nats:2.12"`)
	put(t, root, "nats-set/6", 6, isInvalid, `, "image": "nats:2.12", "nemesis": "none"`)
	_, page := get(t, site(t, root), "/targets/nats")
	at := strings.Index(page, "broke in 2.10; it was kept in 2.9")
	mended := strings.Index(page, "kept again in 2.12; it was broken in 2.10")
	if at < 0 || mended < 0 || strings.Count(page, "broke in") != 1 {
		t.Errorf("broke at %d, mended at %d:\n%s", at, mended, page)
	}
	if first, second := strings.Index(page, "<bdi>2.9</bdi>"), strings.Index(page, "<bdi>2.10</bdi>"); first < 0 || second < first {
		t.Errorf("versions stand at %d and %d", first, second)
	}
	if !strings.Contains(page, "1 of 2") {
		t.Errorf("it does not say how many:\n%s", page)
	}
}

func TestVersionsWithoutNumbersStandInTheOrderOfTheirRuns(t *testing.T) {
	root := t.TempDir()
	put(t, root, "shop-set/1", 1, isValid, `, "image_id": "sha256:ffff"`)
	put(t, root, "shop-set/2", 2, isInvalid, `, "image_id": "sha256:0000"`)
	if _, page := get(t, site(t, root), "/targets/shop"); !strings.Contains(page, "broke in sha256:0000; it was kept in sha256:ffff") {
		t.Error(page)
	}
}

// events reads server-sent events, by name, until the stream ends.
func events(t *testing.T, body io.Reader, each func(name, data string)) {
	t.Helper()
	name := ""
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "data":
			each(name, value)
		}
	}
}

func TestARunIsWatchedToItsEnd(t *testing.T) {
	root := t.TempDir()
	dir := put(t, root, "etcd-register/1", 1, "", "")
	w, err := live.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(live.Sample{Phase: "load", OK: 7, Faults: []string{"<b>"}}); err != nil {
		t.Fatal(err)
	}
	server := site(t, root)
	if _, page := get(t, server, "/runs/etcd-register/1"); !strings.Contains(page, `data-live="/live/etcd-register/1"`) {
		t.Errorf("the page is not live:\n%s", page)
	}
	response, err := http.Get(server.URL + "/live/etcd-register/1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" || response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", response.Header)
	}
	var seen []string
	events(t, response.Body, func(name, data string) {
		seen = append(seen, name)
		switch {
		case strings.Contains(data, `"load"`):
			if err := w.Write(live.Sample{Phase: "heal"}); err != nil {
				t.Error(err)
			}
		case strings.Contains(data, `"heal"`):
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	if !slices.Equal(seen, []string{"sample", "sample", "end"}) {
		t.Errorf("%v", seen)
	}
}

func TestAViewEndsWithTheServer(t *testing.T) {
	root := t.TempDir()
	w, err := live.Create(put(t, root, "etcd-register/1", 1, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(live.Sample{Phase: "load"}); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- serve.Serve(ctx, listener, serve.Config{Root: root}) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/live/etcd-register/1")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	seen := 0
	events(t, response.Body, func(string, string) {
		seen++
		stop()
	})
	if err := <-ended; err != nil || seen != 1 {
		t.Errorf("%d events, %v", seen, err)
	}
}
