package postgres

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

func (l layout) Names() []string           { return l }
func (layout) Listen(_, _ string) string   { return "0.0.0.0:5432" }
func (layout) Dial(_, to, _ string) string { return to + ":5432" }
func (layout) Data(string) string          { return "/data" }
func chosen(settings ...string) cluster.Config {
	cfg := cluster.Config{Settings: map[string]string{}}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		cfg.Settings[key] = value
	}
	return cfg
}

func TestServersAreToldWhatWasChosen(t *testing.T) {
	three := layout{"n1", "n2", "n3"}
	for _, row := range []struct {
		cfg  cluster.Config
		want []string
	}{
		{chosen(), []string{"fsync=on", "synchronous_commit=on", "synchronous_standby_names=", "cluster_name=n2", "listen_addresses=0.0.0.0", "port=5432"}},
		{chosen("fsync=off"), []string{"fsync=off"}},
		{chosen("synchronous-commit=remote_apply", "synchronous-standbys=any"),
			[]string{"synchronous_commit=remote_apply", "synchronous_standby_names=ANY 1 (n1,n2,n3)"}},
	} {
		args := arguments("n2", row.cfg, three)
		for _, want := range row.want {
			if i := slices.Index(args, want); i < 1 || args[i-1] != "-c" {
				t.Errorf("%v: no argument -c %s in %v", row.cfg.Settings, want, args)
			}
		}
	}
}

func TestNodesKnowEachOther(t *testing.T) {
	nodes, err := New().Nodes(chosen("failover=promote"), layout{"n1", "n2", "n3"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"n2=n2:5432 n3=n3:5432", "n1=n1:5432 n3=n3:5432", "n1=n1:5432 n2=n2:5432"} {
		for _, entry := range []string{"SELF=" + nodes[i].Name, "FIRST=n1", "FAILOVER=promote", "PEERS=" + want} {
			if !slices.Contains(nodes[i].Env, entry) {
				t.Errorf("%s: %q is not in its environment %q", nodes[i].Name, entry, nodes[i].Env)
			}
		}
	}
}

func TestWhatDoesNotGoTogetherIsRefused(t *testing.T) {
	one, two := layout{"n1"}, layout{"n1", "n2"}
	for _, row := range []struct {
		cfg     cluster.Config
		at      layout
		refused string
	}{
		{chosen("synchronous-standbys=any"), one, "--nodes 2"},
		{chosen("synchronous-standbys=any"), two, ""},
		{chosen("reads=standby", "isolation=serializable"), two, "isolation=repeatable-read"},
		{chosen("reads=standby", "isolation=serializable"), one, ""},
	} {
		_, err := New().Nodes(row.cfg, row.at)
		if refused := err != nil; refused != (row.refused != "") || refused && !strings.Contains(err.Error(), row.refused) {
			t.Errorf("%v on %v: got %v, want an error with %q", row.cfg.Settings, row.at, err, row.refused)
		}
	}
}

func TestImages(t *testing.T) {
	if got := image(cluster.Config{Image: "mine"}); got.Reference != "mine" || got.Preferred != nil {
		t.Errorf("an image that was named gives way: %+v", got)
	}
	if got := image(cluster.Config{}); !slices.Contains(got.Preferred, "assay/postgres:15") || got.Advice == "" {
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
