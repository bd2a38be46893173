package compose

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// file writes a compose file into a folder of its own.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "docker-compose.yml")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheExampleIsThreeNodes(t *testing.T) {
	t.Setenv("READS", "local")
	p, err := read(t.Context(), "examples/docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.names(); !reflect.DeepEqual(got, []string{"kv1", "kv2", "kv3"}) {
		t.Fatalf("nodes %v", got)
	}
	first, second := p.specs[0], p.specs[1]
	if first.Container.Data != "/data" || first.Ports["client"] != 8080 || first.Image.Reference != "assay/example-kv:1" {
		t.Errorf("%+v", first)
	}
	if !reflect.DeepEqual(second.Env, []string{"PRIMARY=kv1:8080", "READS=local"}) {
		t.Errorf("environment %v", second.Env)
	}
	if !reflect.DeepEqual(second.Container.After, []cluster.Dependency{{Node: "kv1"}}) {
		t.Errorf("order %v", second.Container.After)
	}
	if r := p.ready["kv3"]; r != (readiness{how: "http", path: "/health"}) {
		t.Errorf("readiness %+v", r)
	}
}

func TestWhatAFileSaysBecomesItsNodes(t *testing.T) {
	path := file(t, `
services:
  db:
    image: example/db:2
    command: ["--verbose", "--name=db"]
    entrypoint: /bin/db
    user: "1000"
    working_dir: /srv
    restart: always
    environment: [A=1, B=two words]
    ports: ["127.0.0.1:15432:5432", "9090:9090"]
    volumes:
      - /var/lib/db
      - wal:/var/lib/wal
      - ./conf:/etc/db:ro
    healthcheck: {test: [CMD, /bin/db, ping], interval: 2s, timeout: 1s, retries: 5, start_period: 3s}
    depends_on: {lock: {condition: service_healthy}}
  lock:
    image: example/lock
    expose: ["2181"]
    healthcheck: {test: "lock ping"}
    x-assay: {node: false}
volumes: {wal: {}}
`)
	conf := filepath.Join(filepath.Dir(path), "conf", "deep")
	if err := os.MkdirAll(conf, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(conf, "db.conf"), []byte("fsync = on\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	p, err := read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	want := cluster.NodeSpec{
		Name: "db", Image: p.specs[0].Image, Entrypoint: []string{"/bin/db"}, Args: []string{"--verbose", "--name=db"},
		Env: []string{"A=1", "B=two words"}, Ports: map[string]int{"client": 5432},
		Container: cluster.Container{
			Data: "/var/lib/db", Volumes: []string{"/var/lib/wal"}, User: "1000", Folder: "/srv",
			Files:  []cluster.File{{Path: "/etc/db/deep/db.conf", Mode: 0o640, Content: []byte("fsync = on\n")}},
			Health: &cluster.Health{Test: []string{"CMD", "/bin/db", "ping"}, Interval: 2 * time.Second, Timeout: time.Second, StartPeriod: 3 * time.Second, Retries: 5},
			After:  []cluster.Dependency{{Node: "lock", Healthy: true}},
		},
	}
	if !reflect.DeepEqual(p.specs[0], want) {
		t.Errorf("got  %+v\nwant %+v", p.specs[0], want)
	}
	if !p.specs[1].Container.Aside || len(p.names()) != 1 {
		t.Errorf("the lock service is a node: %v", p.names())
	}
	if r := p.ready["db"]; r.how != "health" {
		t.Errorf("readiness %+v", r)
	}
}

func TestNamesFilesAndLimitsAreKept(t *testing.T) {
	t.Setenv("ASSAY_TEST_SECRET", "hidden")
	path := file(t, `
services:
  db:
    image: example/db:${ASSAY_TEST_OTHER}
    ports: ["80"]
    hostname: store
    container_name: the-store
    networks: {default: {aliases: [primary]}}
    configs: [plain, {source: inline, target: /etc/inline.conf, mode: 0400}]
    secrets: [word, other]
    tmpfs: /scratch
    ulimits: {nofile: {soft: 1024, hard: 4096}, nproc: 99}
    init: true
    depends_on: {prepare: {condition: service_completed_successfully}}
  prepare:
    image: example/db
  report:
    image: example/db
    links: ["db:database"]
    x-assay: {once: true}
configs: {plain: {file: ./plain.conf}, inline: {content: "a = 1"}}
secrets: {word: {environment: ASSAY_TEST_SECRET}, other: {environment: ASSAY_TEST_OTHER}}
`)
	for name, content := range map[string]string{"plain.conf": "b = 2", ".env": "ASSAY_TEST_OTHER=written\n"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	want := cluster.Container{
		Host: "store", Names: []string{"database", "primary", "store", "the-store"}, Scratch: []string{"/scratch"}, Init: true,
		Limits: []cluster.Limit{{Resource: "nofile", Soft: 1024, Hard: 4096}, {Resource: "nproc", Soft: 99, Hard: 99}},
		Files: []cluster.File{
			{Path: "/plain", Mode: 0o444, Content: []byte("b = 2")},
			{Path: "/etc/inline.conf", Mode: 0o400, Content: []byte("a = 1")},
			{Path: "/run/secrets/word", Mode: 0o444, Content: []byte("hidden")},
			{Path: "/run/secrets/other", Mode: 0o444, Content: []byte("written")},
		},
		After: []cluster.Dependency{{Node: "prepare"}},
	}
	if got := p.specs[0].Container; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := p.specs[0].Image.Reference; got != "example/db:written" {
		t.Errorf("image %s", got)
	}
	for _, s := range p.specs[1:] {
		if !s.Container.Once || !s.Container.Aside {
			t.Errorf("%s is a node: %+v", s.Name, s.Container)
		}
	}
	if names := p.names(); !reflect.DeepEqual(names, []string{"db"}) {
		t.Errorf("nodes %v", names)
	}
}

// Whoever waits for a service that is not there waits for ever.
func TestNobodyWaitsForWhatIsNotThere(t *testing.T) {
	path := file(t, `
services:
  db:
    image: example/db
    ports: ["80"]
    depends_on: {shell: {condition: service_started, required: false}, log: {condition: service_started, required: false}}
  log:
    image: example/log
    x-assay: {node: false}
  shell:
    image: example/shell
    profiles: [by-hand]
`)
	p, err := read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.specs) != 2 || !reflect.DeepEqual(p.specs[0].Container.After, []cluster.Dependency{{Node: "log"}}) {
		t.Errorf("%+v", p.specs)
	}
}

// TestWhatIsWrongIsNamedWithFileAndLine has one mistake in each file.
func TestWhatIsWrongIsNamedWithFileAndLine(t *testing.T) {
	const db = "services:\n  db:\n    image: x\n    ports: [\"80\"]\n"
	for _, c := range []struct {
		name, content string
		line          string
		says          string
	}{
		{"no YAML", "services:\n  db: [\n", "", "line 2"},
		{"not a compose file", "- 1\n- 2\n", "", "mapping"},
		{"a key that is none", db + "    imagine: y\n", ":5:", "imagine"},
		{"a port that is none", "services:\n  db:\n    image: x\n    ports: [http]\n", ":4:", "http"},
		{"an unknown dependency", db + "    depends_on: [queue]\n", ":5:", "queue"},
		{"a circle", db + "    depends_on: [b]\n  b:\n    image: x\n    depends_on: [db]\n", ":8:", "cycle"},
		{"no image", "services:\n  db:\n    build: .\n    ports: [\"80\"]\n", ":3:", "names no image"},
		{"replicas", db + "    deploy: {replicas: 3}\n", ":5:", "service of its own"},
		{"the host's network", db + "    network_mode: host\n", ":5:", "network_mode"},
		{"privileged", db + "    privileged: true\n", ":5:", "privileged"},
		{"another's name", db + "    hostname: e\n  e:\n    image: x\n    ports: [\"80\"]\n", ":5:", "both to be known as e"},
		{"a name of two", db + "    container_name: one\n  e:\n    image: x\n    ports: [\"80\"]\n  f:\n    image: x\n    links: [\"db:two\", \"e:one\"]\n", ":11:", "both to be known as one"},
		{"an address", db + "    networks: {default: {ipv4_address: 10.0.0.9}}\n", ":5:", "addresses"},
		{"a secret from outside", db + "    secrets: [s]\nsecrets: {s: {external: true}}\n", ":5:", "outside"},
		{"a configuration that is not there", db + "    configs: [c]\nconfigs: {c: {file: ./no-such-file}}\n", ":5:", "no such file"},
		{"a secret of no variable", db + "    secrets: [s]\nsecrets: {s: {environment: ASSAY_NO_SUCH_VARIABLE}}\n", ":5:", "ASSAY_NO_SUCH_VARIABLE"},
		{"a configuration that is a folder", db + "    configs: [c]\nconfigs: {c: {file: .}}\n", ":5:", "is a folder"}, // of one file
		{"a secret of another user", db + "    secrets: [{source: s, uid: \"103\", mode: 0400}]\nsecrets: {s: {environment: PATH}}\n", ":5:", "uid"},
		{"a configuration of another group", db + "    configs: [{source: c, gid: \"103\"}]\nconfigs: {c: {content: a}}\n", ":5:", "gid"},
		{"a configuration to be made", db + "    configs: [c]\nconfigs: {c: {content: a, template_driver: golang}}\n", ":5:", "template_driver"},
		{"a secret below a folder in memory", db + "    secrets: [s]\n    tmpfs:\n      - /tmp\n      - /run/:size=1m\nsecrets: {s: {environment: PATH}}\n", ":8:", "would hide /run/secrets/s"},
		{"a disk in memory", db + "    volumes: [vol:/var/lib/db]\n    tmpfs: /var/lib/db/\nvolumes: {vol: {}}\n", ":6:", "on a disk"},
		{"the usual disk in memory", db + "    tmpfs: [/data:size=1m]\n", ":5:", "data: /FOLDER"},
		{"a card's address", db + "    networks: {default: {mac_address: \"02:42:ac:11:00:09\"}}\n", ":5:", "addresses"},
		{"a network's options", db + "    networks:\n      default:\n        driver_opts: {a: b}\n", ":6:", "options of a network"},
		{"the health of what ends", db + "    depends_on: {e: {condition: service_healthy}}\n  e:\n    image: x\n    healthcheck: {test: [CMD, \"true\"]}\n    x-assay: {once: true}\n", ":5:", "service_completed_successfully"},
		{"a wish that is neither", db + "    x-assay: {once: maybe}\n", ":5:", "neither true nor false"},
		{"the end of what does not end", db + "    depends_on: {e: {condition: service_completed_successfully}}\n  e:\n    image: x\n    x-assay: {once: false}\n", ":8:", "waits for its end"},
		{"a node that runs once", db + "    x-assay: {once: true, node: true}\n", ":5:", "no node"},
		{"a node whose end is awaited", db + "    depends_on: {e: {condition: service_completed_successfully}}\n  e:\n    image: x\n    ports: [\"80\"]\nx-assay:\n  nodes: [db, e]\n", ":10:", "no node"},
		{"a bind to be written", db + "    volumes:\n      - ./data:/data\n", ":6:", "read-only"},
		{"a bind of nothing", db + "    volumes:\n      - ./data:/data:ro\n", ":6:", "no such file"},
		{"a volume from outside", db + "    volumes: [vol:/data]\nvolumes: {vol: {external: true}}\n", ":5:", "outside"},
		{"a shared volume", db + "    volumes: [vol:/data]\n  e:\n    image: x\n    ports: [\"80\"]\n    volumes: [vol:/data]\nvolumes: {vol: {}}\n", ":9:", "share"},
		{"a merged key", "x-all: &all\n  image: x\n  cap_add: [SYS_TIME]\nservices:\n  db:\n    <<: *all\n    ports: [\"80\"]\n", ":3:", "cap_add"},
		{"no port", "services:\n  db:\n    image: x\n", ":2:", "which port"},
		{"a name that is a place", "services:\n  leader:\n    image: x\n    ports: [\"80\"]\n", ":2:", "name"},
		{"an unknown wish", db + "x-assay: {prot: 80}\n", ":5:", "prot"},
		{"a wish of a service", db + "    x-assay: {nodes: [db]}\n", ":5:", "nodes"},
		{"a port out of range", db + "x-assay:\n  port: 70000\n", ":6:", "70000"},
		{"a relative folder", db + "x-assay:\n  data: data\n", ":6:", "absolute"},
		{"an unknown readiness", db + "x-assay:\n  ready: soon\n", ":6:", "soon"},
		{"a readiness without a path", db + "x-assay:\n  ready: {status: 200}\n", ":6:", "http is missing"},
		{"health without a check", db + "x-assay: {ready: health}\n", ":2:", "healthcheck"},
		{"nodes that are none", db + "x-assay:\n  nodes:\n    - db\n    - d\n", ":8:", "no service d"},
		{"no nodes at all", db + "    x-assay: {node: false}\n", "", "no service is a node"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := file(t, c.content)
			_, err := read(t.Context(), path)
			if err == nil {
				t.Fatal("it was accepted")
			}
			t.Log(err)
			if !strings.Contains(err.Error(), path+c.line) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want %s%s and %q", path, c.line, c.says)
			}
		})
	}
}

func TestTailoringAsksTheClient(t *testing.T) {
	settings := func(client string) cluster.Config {
		return cluster.Config{Settings: map[string]string{"file": "examples/docker-compose.yml", "client": client}}
	}
	made, err := New().Tailored(t.Context(), settings(`sh -c "echo '{\"assay\":1,\"operations\":[\"add\",\"elements\"]}'; cat"`))
	if err != nil {
		t.Fatal(err)
	}
	if got := made.(Target).offered; !reflect.DeepEqual(got, []string{"add", "elements"}) {
		t.Errorf("offers %v", got)
	}
	if _, err := made.(Target).NodeNames(cluster.Config{Nodes: 5}); err == nil || !strings.Contains(err.Error(), "kv1, kv2, kv3") {
		t.Errorf("five nodes: %v", err)
	}
	for client, says := range map[string]string{
		"":                          "--client",
		"./no-such-client":          "./no-such-client",
		`sh -c "unfinished`:         "--client",
		`sh -c "echo garbage"`:      "garbage",
		`sh -c "echo >&2 no; exit"`: "no",
	} {
		if _, err := New().Tailored(t.Context(), settings(client)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("client %q: %v", client, err)
		}
	}
	missing := settings("cat")
	missing.Settings["file"] = "no-such-file.yml"
	if _, err := New().Tailored(t.Context(), missing); err == nil || !strings.Contains(err.Error(), "no-such-file.yml") {
		t.Errorf("no file: %v", err)
	}
}
