// Package nemesis breaks things and puts them right again: which faults, where,
// when, verified in effect and verified healed. It knows clusters only through
// package cluster, and decides nothing about the run that it disturbs.
package nemesis

import (
	"fmt"
	"slices"
	"strings"
)

// Spec is a parsed --nemesis: the families of faults and their shapes. The zero
// Spec breaks nothing.
type Spec struct {
	Families []Family
}

// Family is one kind of fault with the shapes it may take.
type Family struct {
	// Name is partition, kill, pause or corrupt.
	Name string
	// Shapes are where it strikes, at least one; the seed chooses among them.
	Shapes []string
}

// None is the word for the Spec that breaks nothing.
const None = "none"

// Parse reads a specification: families separated by commas, each with optional
// shapes after a colon, separated by plus signs: "partition:leader+ring,kill".
// Without shapes a family takes any of its own.
func Parse(text string) (Spec, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == None {
		return Spec{}, nil
	}
	var spec Spec
	for _, part := range strings.Split(text, ",") {
		family, err := parseFamily(strings.TrimSpace(part))
		if err != nil {
			return Spec{}, err
		}
		if spec.has(family.Name) {
			return Spec{}, &ParseError{Text: family.Name, Why: "stands twice in " + fmt.Sprintf("%q", text)}
		}
		spec.Families = append(spec.Families, family)
	}
	return spec, nil
}

func parseFamily(text string) (Family, error) {
	name, shapes, some := strings.Cut(text, ":")
	known, ok := describe(name)
	if !ok {
		return Family{}, &ParseError{Text: name, Why: "no such nemesis", Choices: append(names(), None)}
	}
	if !some {
		return Family{Name: name, Shapes: known.shapeNames()}, nil
	}
	family := Family{Name: name}
	for _, shape := range strings.Split(shapes, "+") {
		if !slices.Contains(known.shapeNames(), shape) {
			return Family{}, &ParseError{Text: shape, Why: "no such shape of " + name, Choices: known.shapeNames()}
		}
		family.Shapes = append(family.Shapes, shape)
	}
	return family, nil
}

func (s Spec) has(name string) bool {
	return slices.ContainsFunc(s.Families, func(f Family) bool { return f.Name == name })
}

// String is the specification in the form that Parse reads.
func (s Spec) String() string {
	if len(s.Families) == 0 {
		return None
	}
	parts := make([]string, len(s.Families))
	for i, f := range s.Families {
		parts[i] = f.String()
	}
	return strings.Join(parts, ",")
}

func (f Family) String() string {
	if known, ok := describe(f.Name); ok && slices.Equal(known.shapeNames(), f.Shapes) {
		return f.Name
	}
	return f.Name + ":" + strings.Join(f.Shapes, "+")
}

// ParseError says what in a specification is wrong, and what could stand there.
type ParseError struct {
	Text, Why string
	Choices   []string
}

func (e *ParseError) Error() string {
	text := fmt.Sprintf("nemesis %q: %s", e.Text, e.Why)
	if len(e.Choices) > 0 {
		text += "; choose from " + strings.Join(e.Choices, ", ")
	}
	return text
}
