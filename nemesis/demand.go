package nemesis

import (
	"fmt"
	"slices"
	"strings"
)

// CheckNodes says what is wrong with a specification for a cluster of these nodes: that
// it names others, or names shapes that damage more of them than it says.
func (s Spec) CheckNodes(nodes []string) error {
	for _, f := range s.Families {
		for _, text := range f.Shapes {
			for _, name := range f.named(text) {
				if !slices.Contains(nodes, name) {
					return &ParseError{Text: f.Name + ":" + text, Why: "there is no node " + name, Choices: nodes}
				}
			}
			if s.Most == 0 || f.isUsual() {
				continue // what a shape damages takes long to find out for a hundred nodes
			}
			if least := f.least(text, nodes); least > s.Most {
				why := fmt.Sprintf("damages %d of %d nodes, and %s%d is how many may be", least, len(nodes), most, s.Most)
				return &ParseError{Text: f.Name + ":" + text, Why: why}
			}
		}
	}
	return nil
}

// isUsual says that the family's shapes are those that it has if none is named.
func (f Family) isUsual() bool {
	known, ok := describe(f.Name)
	return ok && slices.Equal(known.usualShapes(), f.Shapes)
}

// named are the nodes that a shape names.
func (f Family) named(text string) []string {
	s, err := parseShape(text)
	if err != nil {
		return nil
	}
	_, where := direction(s.place)
	nodes, _ := nodeList(where)
	what := s.name()
	if grudge, err := parseGrudge(what); err == nil && f.Name == partitionFamily {
		return append(nodes, slices.Concat(grudge.groups...)...)
	}
	named, _ := nodeList(what)
	return append(nodes, named...)
}

// within leaves out the shapes that damage more nodes than the specification says. That
// a user has named one of them, CheckNodes has told him.
func (s Spec) within(nodes []string) Spec {
	if s.Most == 0 {
		return s
	}
	fitting := Spec{Everything: s.Everything, Most: s.Most}
	for _, f := range s.Families {
		shapes := slices.DeleteFunc(slices.Clone(f.Shapes), func(text string) bool { return f.least(text, nodes) > s.Most })
		if len(shapes) > 0 {
			fitting.Families = append(fitting.Families, Family{Name: f.Name, Shapes: shapes})
		}
	}
	return fitting
}

// misses says why a fault strikes nobody.
func (n *Nemesis) misses(p Planned) error {
	err := fmt.Errorf("%s:%s strikes none of the nodes %s", p.Family, p.Shape, sorted(p.Order))
	if n.config.Most > 0 {
		err = fmt.Errorf("%w: no more than %d may be damaged, and there were already: %s", err, n.config.Most, strings.Join(n.damaged, " "))
	}
	return err
}
