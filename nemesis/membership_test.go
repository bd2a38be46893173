package nemesis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// guild is a roster that only remembers.
type guild struct {
	members []string
	joined  []string
	// closed lets nobody in, and sworn nobody out.
	closed, sworn bool
}

func (g *guild) Members(context.Context) ([]string, error) { return slices.Clone(g.members), nil }

func (g *guild) Remove(_ context.Context, node string) error {
	if !g.sworn {
		g.members = slices.DeleteFunc(g.members, func(n string) bool { return n == node })
	}
	return nil
}

func (g *guild) Join(_ context.Context, node string) error {
	if g.closed {
		return errors.New("the guild is closed")
	}
	g.members, g.joined = append(g.members, node), append(g.joined, node)
	return nil
}

func strikeMembers(t *testing.T, g *guild, shape string) (*Nemesis, string) {
	t.Helper()
	n := New(Config{Cluster: newBench("n1", "n2", "n3"), Recorder: recorder(t), Roster: g, Steps: []Step{step(planned("membership", shape))}})
	n.Run(t.Context())
	return n, strings.Join(outcomes(n.config.Recorder.Snapshot()), "; ")
}

func TestNodesLeaveAndJoin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shape, want string
		guild       guild
		joined      string
	}{
		{"remove", "inject membership ok; heal membership ok", guild{}, "n2"},
		{"remove@n3", "inject membership ok; heal membership ok", guild{}, "n3"},
		{"remove@n1,n3", "inject membership ok; heal membership ok", guild{}, "n1"}, // more are no minority
		{"replace", "inject membership ok; heal membership ok", guild{}, "n2"},
		{"remove", "inject membership info; heal membership ok", guild{sworn: true}, ""},
		{"replace", "inject membership info; heal membership ok", guild{sworn: true}, ""},
		{"remove", "inject membership ok; heal membership info", guild{closed: true}, ""},
	} {
		c.guild.members = []string{"n1", "n2", "n3"}
		_, got := strikeMembers(t, &c.guild, c.shape)
		if joined := sorted(c.guild.joined); got != c.want || joined != c.joined {
			t.Errorf("%s: %s, joined %q", c.shape, got, joined)
		}
	}
}

func TestHealAllMakesEverybodyAMember(t *testing.T) {
	t.Parallel()
	g := &guild{members: []string{"n1", "n2", "n3"}, closed: true}
	n, _ := strikeMembers(t, g, "remove")
	g.closed = false
	if err := n.HealAll(t.Context()); err != nil || len(g.members) != 3 {
		t.Errorf("members %v, %v", g.members, err)
	}
}

func TestAClusterCannotGoOnWithoutTooMany(t *testing.T) {
	for text, want := range map[string]string{
		"membership:remove@majority": "cannot go on without",
		"membership:replace@all":     "cannot go on without",
		"membership:leave":           "choose from remove, replace",
		"membership:remove(3)":       "takes no arguments",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if spec, err := Parse("membership:remove@leader+replace"); err != nil || spec.String() != "membership:remove@leader+replace" {
		t.Errorf("%s, %v", spec, err)
	}
}
