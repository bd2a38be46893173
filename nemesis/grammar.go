package nemesis

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// The grammar of a specification:
//
//	specification = "none" | family { "," family }
//	family        = name [ ":" shape { "+" shape } ]     the seed chooses a shape
//	shape         = effect { "&" effect } [ "@" place ]  all of the effects at once
//	effect        = text [ "(" argument { "," argument } ")" ]
//	place         = word | node { "," node }
//
// Separators within parentheses and double quotes separate nothing. A comma that
// a node follows (n1, n2, ...) does not end a family, whose names look different:
// that is how "partition:n1,n2|n3,kill" is two families.

// shape is one shape of a family, taken apart.
type shape struct {
	effects []effect
	// place is empty if none was said.
	place string
}

// effect is what a shape does, with arguments.
type effect struct {
	name      string
	arguments []string
}

// String tells an effect to people.
func (e effect) String() string {
	if len(e.arguments) == 0 {
		return e.name
	}
	return e.name + " " + strings.Join(e.arguments, " ")
}

var (
	// Nodes are n1..nN, or have names of their own that end in a digit too (kv1,
	// node-3), which no word of this grammar does.
	nodeFirst = regexp.MustCompile(`^\s*[A-Za-z][A-Za-z0-9-]*[0-9]\s*([,|@>(]|$)`)
	nodeOnly  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*[0-9]$`)
)

// splitFamilies splits a specification at its commas.
func splitFamilies(text string) ([]string, error) {
	parts, err := separate(text, ',')
	var families []string
	for _, part := range parts {
		if last := len(families) - 1; last >= 0 && nodeFirst.MatchString(part) {
			families[last] += "," + part
		} else {
			families = append(families, part)
		}
	}
	return families, err
}

// parseShape takes a shape apart.
func parseShape(text string) (shape, error) {
	parts, err := separate(text, '@')
	if err != nil {
		return shape{}, err
	}
	var s shape
	switch len(parts) {
	case 1:
	case 2:
		if s.place = parts[1]; s.place == "" {
			return shape{}, errors.New("a place has to follow the @")
		}
	default:
		return shape{}, errors.New("more than one @")
	}
	effects, err := separate(parts[0], '&')
	if err != nil {
		return shape{}, err
	}
	for _, part := range effects {
		e, err := parseEffect(part)
		if err != nil {
			return shape{}, err
		}
		s.effects = append(s.effects, e)
	}
	return s, nil
}

func parseEffect(text string) (effect, error) {
	open := strings.IndexByte(text, '(')
	if quote := strings.IndexByte(text, '"'); open < 0 || quote >= 0 && quote < open {
		return effect{name: text}, nil
	}
	if !strings.HasSuffix(text, ")") {
		return effect{}, errors.New("something follows the closing parenthesis")
	}
	arguments, err := separate(text[open+1:len(text)-1], ',')
	return effect{name: text[:open], arguments: arguments}, err
}

// separate splits a text at a separator, but not within parentheses and quotes, and
// trims what lies between.
func separate(text string, at rune) ([]string, error) {
	var parts []string
	begin, depth := 0, 0
	quoted, escaped := false, false
	for i, r := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			quoted, escaped = r != '"', r == '\\'
		case r == '"':
			quoted = true
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == at && depth == 0:
			parts = append(parts, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
		if depth < 0 {
			break
		}
	}
	switch {
	case quoted:
		return nil, errors.New("a quotation mark is missing")
	case depth != 0:
		return nil, errors.New("the parentheses do not match")
	}
	return append(parts, strings.TrimSpace(text[begin:])), nil
}

// name is the only effect of a shape that has one, without arguments.
func (s shape) name() string { return s.effects[0].name }

// plain says that a shape is a single word.
func (s shape) plain() bool {
	return len(s.effects) == 1 && s.effects[0].arguments == nil && s.place == ""
}

// asksLeader says that it has to be known who leads.
func (s shape) asksLeader() bool {
	words := []string{"leader", "follower", "followers"}
	_, place := direction(s.place)
	return slices.Contains(words, place) || slices.ContainsFunc(s.effects, func(e effect) bool { return slices.Contains(words, e.name) })
}

// nodeList reads nodes with commas in between.
func nodeList(text string) (nodes []string, ok bool) {
	for _, node := range strings.Split(text, ",") {
		node = strings.TrimSpace(node)
		if !nodeOnly.MatchString(node) || slices.Contains(nodes, node) {
			return nil, false
		}
		nodes = append(nodes, node)
	}
	return nodes, true
}
