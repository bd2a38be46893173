package mariadb

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/workloads"
)

// layout is that of containers.
type layout []string

var ports = map[string]string{clientPort: ":3306", peerPort: ":4567"}

func (l layout) Names() []string              { return l }
func (layout) Listen(_, port string) string   { return "0.0.0.0" + ports[port] }
func (layout) Dial(_, to, port string) string { return to + ports[port] }
func (layout) Data(string) string             { return "/data" }

func chosen(settings ...string) cluster.Config {
	cfg := cluster.Config{Settings: map[string]string{}}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		cfg.Settings[key] = value
	}
	return cfg
}

func TestServersAreToldWhatWasChosen(t *testing.T) {
	one, three := layout{"n1"}, layout{"n1", "n2", "n3"}
	for _, row := range []struct {
		cfg        cluster.Config
		at         layout
		want, miss []string
	}{
		{chosen(), one,
			[]string{"--transaction-isolation=REPEATABLE-READ", "--innodb-snapshot-isolation=OFF", "--innodb-flush-log-at-trx-commit=1",
				"--bind-address=0.0.0.0", "--port=3306", "--datadir=/data/mariadb/database"},
			[]string{"wsrep"}},
		{chosen("isolation=serializable", "snapshot-isolation=on", "flush-at-commit=2"), one,
			[]string{"--transaction-isolation=SERIALIZABLE", "--innodb-snapshot-isolation=ON", "--innodb-flush-log-at-trx-commit=2"}, nil},
		{chosen("wsrep-sync-wait=7"), three,
			[]string{"--wsrep-on=ON", "--wsrep-cluster-address=gcomm://n1:4567,n2:4567,n3:4567", "--wsrep-node-name=n1", "--wsrep-node-address=n1", "--wsrep-sync-wait=7"}, nil},
	} {
		args := arguments("n1", row.cfg, row.at)
		for _, want := range row.want {
			if !slices.Contains(args, want) {
				t.Errorf("%v: no argument %s in %v", row.cfg.Settings, want, args)
			}
		}
		for _, miss := range row.miss {
			if strings.Contains(strings.Join(args, " "), miss) {
				t.Errorf("%v: there is a %s in %v", row.cfg.Settings, miss, args)
			}
		}
	}
}

func TestNodesStartOneAfterAnother(t *testing.T) {
	nodes, err := New().Nodes(chosen(), layout{"n1", "n2", "n3"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"FIRST=yes", "BEFORE="},
		{"FIRST=no", "BEFORE=n1:3306"},
		{"FIRST=no", "BEFORE=n2:3306"},
	} {
		for _, entry := range want {
			if !slices.Contains(nodes[i].Env, entry) {
				t.Errorf("%s: %q is not in its environment %q", nodes[i].Name, entry, nodes[i].Env)
			}
		}
	}
}

func TestImages(t *testing.T) {
	if got := image(cluster.Config{Image: "mine"}); got.Reference != "mine" || got.Preferred != nil {
		t.Errorf("an image that was named gives way: %+v", got)
	}
	if got := image(cluster.Config{}); !slices.Contains(got.Preferred, "assay/mariadb:10.11") || got.Advice == "" {
		t.Errorf("without a name: %+v", got)
	}
}

// Claims that nobody can put to the test are none.
func TestClaimsNameWorkloadsAndSettingsThatThereAre(t *testing.T) {
	choices := map[string][]string{}
	for _, s := range New().Settings() {
		for _, c := range s.Choices {
			choices[s.Key] = append(choices[s.Key], c.Value)
		}
	}
	for _, claim := range New().Claims() {
		if _, err := workloads.Find(claim.Workload); err != nil {
			t.Error(err)
		}
		if claim.Promise == "" || !strings.HasPrefix(claim.Page, "https://") {
			t.Errorf("incomplete: %+v", claim)
		}
		for key, value := range maps.All(claim.Settings) {
			if !slices.Contains(choices[key], value) {
				t.Errorf("%s: there is no setting %s=%s", claim.Workload, key, value)
			}
		}
	}
}
