package nemesis

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// manner is how a partition cuts links.
type manner struct {
	// reject resets connections, in place of silence.
	reject bool
	// newOnly leaves open connections alone.
	newOnly bool
	// flapping is how long a partition that comes and goes does either; 0 is one
	// that stays.
	flapping time.Duration
}

const (
	usualFlapping    = 500 * time.Millisecond
	shortestFlapping = 50 * time.Millisecond
)

// cuts is a shape of the partition family, understood.
type cuts struct {
	manner
	// name is a shape of the table or a custom grudge.
	name  string
	place string
}

func checkCuts(d Description, s shape) error {
	c, err := parseCuts(s)
	switch {
	case err != nil:
		return err
	case len(s.effects) > 1:
		return errors.New("a partition has one shape at a time; write + between those to choose from")
	case s.place != "" && c.name != clientsShape:
		return errors.New("only clients can be cut off @ a place")
	case s.place != "":
		return checkPlace(s.place)
	case nodeFirst.MatchString(c.name):
		_, err := parseGrudge(c.name)
		return err
	case !slices.Contains(d.shapeNames(), c.name):
		return errNoShape
	}
	return nil
}

func needsOfCuts(s shape) []cluster.Capability {
	c, _ := parseCuts(s) // was checked
	var all []cluster.Capability
	if c.reject {
		all = append(all, cluster.CanReject)
	}
	if c.newOnly {
		all = append(all, cluster.CanCutNew)
	}
	if c.name == clientsShape {
		all = append(all, cluster.CanCutClients)
	}
	return all
}

// clientsShape is the partition between nodes and their clients.
const clientsShape = "clients"

func parseCuts(s shape) (cuts, error) {
	e := s.effects[0]
	c := cuts{name: e.name, place: s.place}
	words := e.arguments
	if slices.Contains([]string{"reject", "new-connections", "flapping"}, c.name) {
		words = append([]string{c.name}, words...)
	}
	return c, c.read(words)
}

// read reads the arguments that say how a partition cuts.
func (m *manner) read(words []string) error {
	for _, word := range words {
		switch word {
		case "drop":
		case "reject":
			m.reject = true
		case "new-connections":
			m.newOnly = true
		case "flapping":
			m.flapping = max(m.flapping, usualFlapping)
		default:
			period, err := time.ParseDuration(word)
			if err != nil || period < shortestFlapping {
				return fmt.Errorf("%q is neither drop, reject, new-connections, flapping nor how long it flaps, at least %s", word, shortestFlapping)
			}
			m.flapping = period
		}
	}
	if m.reject && m.newOnly {
		return errors.New("either reject or new-connections")
	}
	return nil
}

// rules are those of a partition that cuts these links.
func (m manner) rules(links map[cluster.Link]bool) cluster.Rules {
	switch {
	case m.reject:
		return cluster.Rules{Reject: links}
	case m.newOnly:
		return cluster.Rules{DropNew: links}
	}
	return cluster.Rules{Drop: links}
}

// String tells it to people, with a leading comma.
func (m manner) String() string {
	text := ""
	switch {
	case m.reject:
		text = ", connections are reset"
	case m.newOnly:
		text = ", new connections only"
	}
	if m.flapping > 0 {
		text += fmt.Sprintf(", on and off every %s", m.flapping)
	}
	return text
}

// custom is a grudge in the user's own words: "n1,n2|n3" lets nothing pass
// between the groups, "n1>n2,n3" nothing from the first to the second. Nodes that
// it does not name hear everybody.
type custom struct {
	groups [][]string
	oneWay bool
}

func parseGrudge(text string) (custom, error) {
	separator := "|"
	if strings.Contains(text, ">") {
		separator = ">"
	}
	c := custom{oneWay: separator == ">"}
	seen := map[string]bool{}
	for _, group := range strings.Split(text, separator) {
		nodes, ok := nodeList(group)
		if !ok {
			return custom{}, fmt.Errorf("%q: write n1,n2|n3 to part groups of nodes, n1>n2,n3 to cut one way", text)
		}
		for _, n := range nodes {
			if seen[n] {
				return custom{}, fmt.Errorf("%s stands twice in %q", n, text)
			}
			seen[n] = true
		}
		c.groups = append(c.groups, nodes)
	}
	if len(c.groups) < 2 || c.oneWay && len(c.groups) > 2 {
		return custom{}, fmt.Errorf("%q: write n1,n2|n3 to part groups of nodes, n1>n2,n3 to cut one way", text)
	}
	return c, nil
}

// links are those that the grudge cuts among the nodes that there are.
func (c custom) links(nodes []string) (drop map[cluster.Link]bool, struck []string, detail string) {
	drop = map[cluster.Link]bool{}
	var groups [][]string
	for _, g := range c.groups {
		g = slices.DeleteFunc(slices.Clone(g), func(n string) bool { return !slices.Contains(nodes, n) })
		groups = append(groups, g)
		struck = append(struck, g...)
	}
	for i, a := range groups {
		for _, b := range groups[i+1:] {
			c.cut(drop, a, b)
		}
	}
	slices.Sort(struck)
	return drop, struck, c.detail(groups)
}

func (c custom) cut(drop map[cluster.Link]bool, a, b []string) {
	for _, x := range a {
		for _, y := range b {
			drop[cluster.Link{From: x, To: y}] = true
			if !c.oneWay {
				drop[cluster.Link{From: y, To: x}] = true
			}
		}
	}
}

func (c custom) detail(groups [][]string) string {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = sorted(g)
	}
	if c.oneWay {
		return "nothing passes from " + words[0] + " to " + words[1]
	}
	return strings.Join(words, " | ")
}
