package nemesis

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Script is a schedule in the user's own words. The zero Script is none.
//
//	script    = statement { ( ";" | newline ) statement }
//	statement = when what | "most=" number      of nodes that are ever damaged
//	when      = "at" duration                since the load began
//	          | "after" duration             since the statement before
//	          | "after" number "writes"      that were acknowledged since then
//	          | "after leader-change"        since then
//	          | "after snapshot"             that a node has saved since then
//	what      = "heal" [ family ] | family [ ( ":" | " " ) shape ]
//
// Statements are executed one after another. Faults hold until they are healed, so
// that they overlap as the script says. Text from # to the end of a line says nothing.
type Script struct {
	statements []statement
	text       string
	most       int
}

// IsZero says that there is no script.
func (s Script) IsZero() bool { return len(s.statements) == 0 }

// String is the script as it was written.
func (s Script) String() string { return s.text }

// statement is one of a script.
type statement struct {
	when moment
	// heal says that faults are healed: those of the family, or all if it is empty.
	heal          bool
	family, shape string
}

// moment is when a statement is executed: exactly one of its fields is set, but for
// sinceStart and pause, of which 0 is at once.
type moment struct {
	sinceStart, pause time.Duration
	absolute          bool
	writes            int
	leaderChange      bool
	snapshot          bool
}

// Cue is a statement whose dice have been cast.
type Cue struct {
	statement
	planned Planned
}

// ParseScript reads a script.
func ParseScript(text string) (Script, error) {
	s := Script{text: strings.TrimSpace(text)}
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		parts, err := separate(line, ';')
		if err != nil {
			return Script{}, &ParseError{Text: line, Why: err.Error()}
		}
		for _, part := range parts {
			if part == "" {
				continue
			}
			if err := s.add(part); err != nil {
				return Script{}, err
			}
		}
	}
	return s, s.check()
}

// add reads a statement.
func (s *Script) add(text string) error {
	if strings.HasPrefix(text, most) {
		var option Spec
		_, err := option.parseOption(text)
		s.most = option.Most
		return err
	}
	st, err := parseStatement(text)
	if err != nil {
		return &ParseError{Text: text, Why: err.Error()}
	}
	s.statements = append(s.statements, st)
	return nil
}

func (s Script) check() error {
	if !slices.ContainsFunc(s.statements, func(st statement) bool { return !st.heal }) {
		return errors.New("nemesis script: breaks nothing; write as in: at 10s partition leader; at 20s heal")
	}
	latest := time.Duration(0)
	for _, st := range s.statements {
		if !st.when.absolute {
			continue
		}
		if st.when.sinceStart < latest {
			return fmt.Errorf("nemesis script: %s comes after %s; statements stand in the order of their times", st.when.sinceStart, latest)
		}
		latest = st.when.sinceStart
	}
	return nil
}

var errWhen = errors.New(`begin with "at 10s", "after 5s", "after 100 writes", "after leader-change" or "after snapshot"`)

func parseStatement(text string) (statement, error) {
	words := strings.Fields(text)
	var st statement
	used, err := st.when.parse(words)
	if err != nil {
		return st, err
	}
	return st, st.parseWhat(words[used:])
}

// parse reads when something happens, and tells how many words that took.
func (m *moment) parse(words []string) (used int, _ error) {
	if len(words) < 2 || words[0] != "at" && words[0] != "after" {
		return 0, errWhen
	}
	if words[0] == "after" && words[1] == "leader-change" {
		m.leaderChange = true
		return 2, nil
	}
	if words[0] == "after" && words[1] == "snapshot" {
		m.snapshot = true
		return 2, nil
	}
	if n, err := strconv.Atoi(words[1]); err == nil {
		if words[0] != "after" || n < 1 || len(words) < 3 || words[2] != "writes" {
			return 0, errWhen
		}
		m.writes = n
		return 3, nil
	}
	d, err := time.ParseDuration(words[1])
	if err != nil || d < 0 {
		return 0, errWhen
	}
	if m.absolute = words[0] == "at"; m.absolute {
		m.sinceStart = d
	} else {
		m.pause = d
	}
	return 2, nil
}

func (st *statement) parseWhat(words []string) error {
	if len(words) == 0 {
		return errors.New("say what happens then: a fault, or heal")
	}
	if words[0] == "heal" {
		st.heal = true
		return st.parseHealed(words[1:])
	}
	text := words[0]
	if len(words) > 1 {
		text += ":" + strings.Join(words[1:], " ")
	}
	f, err := parseFamily(text)
	if err != nil {
		return err
	}
	st.family = f.Name
	if st.shape = f.Shapes[0]; len(words) > 1 || strings.Contains(words[0], ":") {
		if len(f.Shapes) > 1 {
			return errors.New("a script says exactly what happens: one shape")
		}
	}
	return nil
}

func (st *statement) parseHealed(words []string) error {
	switch len(words) {
	case 0:
		return nil
	case 1:
		st.family = words[0]
		if _, known := describe(st.family); known {
			return nil
		}
		return fmt.Errorf("heal what? %q is no family of faults", st.family)
	}
	return errors.New("heal everything, or a single family")
}

// AsksSnapshots says whether the target has to tell of snapshots.
func (s Script) AsksSnapshots() bool {
	return slices.ContainsFunc(s.statements, func(st statement) bool { return st.when.snapshot })
}

// Spec are the faults of the script.
func (s Script) Spec() Spec {
	spec := Spec{Most: s.most}
	for _, st := range s.statements {
		if st.heal {
			continue
		}
		at := slices.IndexFunc(spec.Families, func(f Family) bool { return f.Name == st.family })
		if at < 0 {
			at = len(spec.Families)
			spec.Families = append(spec.Families, Family{Name: st.family})
		}
		if f := &spec.Families[at]; !slices.Contains(f.Shapes, st.shape) {
			f.Shapes = append(f.Shapes, st.shape)
		}
	}
	return spec
}

// Cast casts the dice of the script: which node is meant by "one". The same seed
// always gives the same.
func (s Script) Cast(seed int64, nodes []string) []Cue {
	random := rand.New(rand.NewPCG(uint64(seed), 0x736372697074))
	var cues []Cue
	for _, st := range s.statements {
		c := Cue{statement: st}
		if !st.heal {
			c.planned = Family{Name: st.family}.planned(st.shape, random, nodes)
		}
		cues = append(cues, c)
	}
	return cues
}
