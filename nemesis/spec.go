// Package nemesis breaks things and puts them right again: which faults, where,
// when, verified in effect and verified healed. It knows clusters only through
// package cluster, and decides nothing about the run that it disturbs.
package nemesis

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Spec is a parsed --nemesis: the families of faults and their shapes. The zero
// Spec breaks nothing.
type Spec struct {
	Families []Family
	// Everything asks for all further families that fit the machine and the target,
	// which Fit finds out.
	Everything bool
	// Most is how many nodes at most are ever damaged; 0 is all of them. A node that is
	// cut off from others is damaged too: see Config.
	Most int
}

// Family is one kind of fault with the shapes it may take.
type Family struct {
	// Name is that of a Description.
	Name string
	// Shapes are where and how it strikes, at least one, in the words of the
	// specification; the seed chooses among them.
	Shapes []string
}

const (
	// None is the word for the Spec that breaks nothing.
	None = "none"
	// Everything is the word for all that a correct system has to bear.
	Everything = "all"
	// most begins the part that says how many nodes are damaged at most.
	most = "most="
)

// Parse reads a specification: families separated by commas, each with optional
// shapes after a colon, separated by plus signs: "partition:leader+ring,kill".
// Without shapes a family takes any of its own that need not be asked for. Shapes
// may have arguments and a place: "packets:delay(50ms,10ms)&loss(5%)@leader".
func Parse(text string) (Spec, error) {
	text = strings.TrimSpace(text)
	if text == "" || text == None {
		return Spec{}, nil
	}
	parts, err := splitFamilies(text)
	if err != nil {
		return Spec{}, &ParseError{Text: text, Why: err.Error()}
	}
	var spec Spec
	for _, part := range parts {
		if known, err := spec.parseOption(part); err != nil {
			return Spec{}, err
		} else if known {
			continue
		}
		family, err := parseFamily(part)
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

// parseOption reads what is no family.
func (s *Spec) parseOption(text string) (known bool, _ error) {
	if text == Everything {
		s.Everything = true
		return true, nil
	}
	number, found := strings.CutPrefix(text, most)
	if !found {
		return false, nil
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return true, &ParseError{Text: text, Why: "write most=1, or how many nodes else may ever be damaged"}
	}
	s.Most = n
	return true, nil
}

func parseFamily(text string) (Family, error) {
	name, shapes, some := strings.Cut(text, ":")
	known, ok := describe(name)
	if !ok {
		return Family{}, &ParseError{Text: name, Why: "no such nemesis", Choices: append(names(), Everything, None)}
	}
	if !some {
		return known.usual()
	}
	texts, err := separate(shapes, '+')
	if err != nil {
		return Family{}, &ParseError{Text: text, Why: err.Error()}
	}
	for _, text := range texts {
		if err := known.accept(text); err != nil {
			return Family{}, err
		}
	}
	return Family{Name: name, Shapes: texts}, nil
}

// usual is the family when no shape is named.
func (d Description) usual() (Family, error) {
	f := Family{Name: d.Name, Shapes: d.usualShapes()}
	if len(f.Shapes) == 0 {
		return Family{}, &ParseError{Text: d.Name, Why: "needs to be told more", Choices: d.shapeNames()}
	}
	return f, nil
}

// accept says what is wrong with a shape, and what could stand there if it is
// none at all.
func (d Description) accept(text string) error {
	s, err := parseShape(text)
	if err == nil {
		err = d.check(d, s)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNoShape):
		return &ParseError{Text: text, Why: "no such shape of " + d.Name, Choices: d.shapeNames()}
	}
	return &ParseError{Text: text, Why: err.Error()}
}

// errNoShape means that a word is not one of a family's shapes.
var errNoShape = errors.New("no such shape")

// checkWord is the check of families whose shapes are the words of their table.
func checkWord(d Description, s shape) error {
	switch {
	case !s.plain():
		return errors.New("takes no arguments, place or second effect")
	case !slices.Contains(d.shapeNames(), s.name()):
		return errNoShape
	}
	return nil
}

// checkWhere is the check of families whose shapes are nothing but places.
func checkWhere(d Description, s shape) error {
	if _, nodes := nodeList(s.name()); nodes && s.plain() {
		return nil
	}
	return checkWord(d, s)
}

func (s Spec) has(name string) bool {
	return slices.ContainsFunc(s.Families, func(f Family) bool { return f.Name == name })
}

// String is the specification in the form that Parse reads.
func (s Spec) String() string {
	var parts []string
	if s.Everything {
		parts = append(parts, Everything)
	}
	for _, f := range s.Families {
		parts = append(parts, f.String())
	}
	if len(parts) == 0 {
		return None
	}
	if s.Most > 0 {
		parts = append(parts, fmt.Sprintf("%s%d", most, s.Most))
	}
	return strings.Join(parts, ",")
}

func (f Family) String() string {
	if known, ok := describe(f.Name); ok && slices.Equal(known.usualShapes(), f.Shapes) {
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
