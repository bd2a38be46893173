package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// assembled says what a cluster lacks, if anything: every server has to serve, be in touch
// with all others and agree with them on who has which slots, and every replica has to be
// connected to its master.
func assembled(ctx context.Context, c cluster.Cluster, roles map[string]role) error {
	for name, r := range roles {
		if !r.master && !r.connected {
			return fmt.Errorf("%s is not connected to %q, which it follows", name, r.follows)
		}
	}
	views := make([]string, len(c.Nodes()))
	err := nodes.Each(c, func(i int, node cluster.Node) error {
		members, err := membersOf(ctx, node)
		if err == nil {
			views[i], err = agreeable(members, c.Nodes())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", node.Name(), err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return agreed(c.Nodes(), views)
}

// agreed says which two nodes differ in their views, if any do.
func agreed(all []cluster.Node, views []string) error {
	for i, view := range views {
		if view != views[0] {
			return fmt.Errorf("%s sees %s, and %s sees %s", all[0].Name(), views[0], all[i].Name(), view)
		}
	}
	return nil
}

// membersOf asks a node whether the cluster serves, and for its members.
func membersOf(ctx context.Context, node cluster.Node) ([]member, error) {
	link := redis.NewClient(options(node.Addr(clientPort)))
	defer link.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	info, err := link.ClusterInfo(ctx).Result()
	if err != nil {
		return nil, err
	}
	if !strings.Contains(info, "cluster_state:ok") {
		return nil, errors.New("the cluster does not serve")
	}
	text, err := link.ClusterNodes(ctx).Result()
	if err != nil {
		return nil, err
	}
	return parseMembers(text)
}

// member is a server of a cluster, as another one sees it.
type member struct {
	name   string
	flags  []string
	linked bool
	slots  string
}

// parseMembers reads the answer to CLUSTER NODES (redis.io): a line for each member, with
// its number, address and name, flags, master, two times, epoch, link and slots.
func parseMembers(text string) ([]member, error) {
	var all []member
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			return nil, fmt.Errorf("a member of the cluster is told as %q", line)
		}
		_, name, _ := strings.Cut(fields[1], ",")
		all = append(all, member{
			name:   name,
			flags:  strings.Split(fields[2], ","),
			linked: fields[7] == "connected",
			slots:  strings.Join(fields[8:], " "),
		})
	}
	return all, nil
}

// agreeable says which member has which slots, unless a member is in doubt or missing.
func agreeable(members []member, all []cluster.Node) (string, error) {
	var view []string
	for _, m := range members {
		if err := m.sound(); err != nil {
			return "", err
		}
		if m.slots != "" {
			view = append(view, m.name+": "+m.slots)
		}
	}
	for _, node := range all {
		if !slices.ContainsFunc(members, func(m member) bool { return m.name == node.Name() }) {
			return "", fmt.Errorf("%s is no member that it knows by name", node.Name())
		}
	}
	slices.Sort(view)
	return strings.Join(view, ", "), nil
}

// sound says why somebody doubts a member, if so: it does not answer, or did not join, or
// it has nothing to do.
func (m member) sound() error {
	for _, flag := range m.flags {
		switch flag {
		case "fail", "fail?", "handshake", "noaddr":
			return fmt.Errorf("member %q has the flag %s", m.name, flag)
		}
	}
	switch {
	case !m.linked:
		return fmt.Errorf("no connection to member %q", m.name)
	case m.slots == "" && slices.Contains(m.flags, "master"):
		return fmt.Errorf("member %q is a master without slots", m.name)
	}
	return nil
}
