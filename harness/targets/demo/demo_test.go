package demo

import (
	"slices"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/raft"
)

// paper is a layout of addresses that tell what was asked for.
type paper []string

func (p paper) Names() []string                   { return p }
func (p paper) Listen(node, port string) string   { return "listen-" + node + "-" + port }
func (p paper) Dial(from, to, port string) string { return from + "-to-" + to + "-" + port }
func (p paper) Data(node string) string           { return "/data/" + node }

func TestNodes(t *testing.T) {
	cfg := cluster.Config{Seed: 40, Settings: map[string]string{"bug": "early-ack"}}
	specs, err := WithProgram("/bin/assay", "node").Nodes(cfg, paper{"n1", "n2", "n3"})
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != 3 {
		t.Fatalf("%d nodes", len(specs))
	}
	second := specs[1]
	want := []string{
		"--id=n2", "--peers=n1=n2-to-n1-peer,n3=n2-to-n3-peer",
		"--listen-client=listen-n2-client", "--listen-peer=listen-n2-peer",
		"--data=/data/n2", "--bug=early-ack", "--seed=41",
	}
	if !slices.Equal(second.Args, want) {
		t.Errorf("arguments are %q, want %q", second.Args, want)
	}
	if want := []string{"/bin/assay", "node", "--until-stdin-closes"}; !slices.Equal(second.Program, want) {
		t.Errorf("program is %q, want %q", second.Program, want)
	}
	if !strings.HasPrefix(second.Image.Reference, "assay/demo:") || second.Image.Recipe.Entrypoint() != "/assay-node" {
		t.Errorf("image is %+v", second.Image)
	}
}

func TestWithoutSettingsThereIsNoBug(t *testing.T) {
	specs, err := New().Nodes(cluster.Config{}, paper{"n1"})
	if err != nil {
		t.Fatal(err)
	}
	if args := specs[0].Args; !slices.Contains(args, "--bug=none") || !slices.Contains(args, "--peers=") {
		t.Errorf("arguments are %q", args)
	}
}

func TestEveryMistakeCanBeChosen(t *testing.T) {
	choices := New().Settings()[0].Choices
	if len(choices) != len(raft.Mistakes())+1 || choices[0].Value != "none" {
		t.Errorf("choices are %+v", choices)
	}
}

func TestAgree(t *testing.T) {
	led := func(id, leader string, term int) raft.Status {
		return raft.Status{ID: raftID(id), Leader: raftID(leader), Term: term}
	}
	cases := []struct {
		name     string
		statuses []raft.Status
		wrong    string
	}{
		{"all follow one", []raft.Status{led("n1", "n2", 3), led("n2", "n2", 3)}, ""},
		{"nobody known", []raft.Status{led("n1", "n2", 3), led("n2", "", 3)}, "n2 knows no leader in term 3"},
		{"two leaders", []raft.Status{led("n1", "n1", 2), led("n2", "n2", 3)}, "n1 follows n1 in term 2, n2 follows n2 in term 3"},
		{"two terms", []raft.Status{led("n1", "n2", 2), led("n2", "n2", 3)}, "n1 follows n2 in term 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := agree(c.statuses)
			if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("error is %v, want %q", err, c.wrong)
			}
		})
	}
}
