// Package models is the table of what a history can be a history of: which
// checker judges it, and what other tools call its operations. With it a
// history that was recorded elsewhere can be judged here. It says nothing about
// what the checkers do: see their own packages.
package models

import (
	"context"
	"fmt"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// Model is a kind of history.
type Model struct {
	Name, About string
	// Settings are what can be chosen about it.
	Settings []Setting
	// New makes the checker that judges its histories.
	New func(Options) (checkers.Checker, error)

	// timed says whether its verdict goes by how late it was, and not only by what
	// came first; nil if it never does.
	timed func(Options) bool
	// names are what other tools call its operations.
	names map[string]string
	// translate puts into words what a name alone does not say; nil if that is
	// nothing. It is called after the names have been replaced.
	translate func(*history.History, Options) *history.History
}

// Setting is something that can be chosen about a model.
type Setting struct {
	Key, Default, About string
	// Choices are the values allowed; none means any text.
	Choices []Choice
}

// Choice is a value of a setting.
type Choice struct{ Value, About string }

// Options are the settings that were chosen, by their keys. Absent ones have
// their defaults.
type Options map[string]string

// of is a setting's value.
func (o Options) of(s Setting) string {
	if value, chosen := o[s.Key]; chosen {
		return value
	}
	return s.Default
}

// Find finds the model with the name.
func Find(name string) (Model, error) {
	var names []string
	for _, m := range All() {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Model{}, fmt.Errorf("no model is called %q: choose one of %s", name, strings.Join(names, ", "))
}

// NeedsTimes says that the verdict goes by the history's times. One whose operations
// have none cannot be judged then.
func (m Model) NeedsTimes(o Options) bool { return m.timed != nil && m.timed(o) }

// Judge judges a history, which is changed so that it speaks of operations as the
// model's checker does. The verdict is Unknown also if some kind of operation was
// never answered: then nothing is proved about it.
func (m Model) Judge(ctx context.Context, h *history.History, o Options) (checkers.Verdict, error) {
	checker, err := m.New(o)
	if err != nil {
		return checkers.Verdict{}, fmt.Errorf("model %s: %w", m.Name, err)
	}
	return checkers.All(m.Name, checker, answered{}).Check(ctx, m.translated(h, o))
}

func (m Model) translated(h *history.History, o Options) *history.History {
	for i := range h.Ops {
		if op := &h.Ops[i]; op.Process != history.Nemesis {
			if name, foreign := m.names[op.F]; foreign {
				op.F = name
			}
		}
	}
	if m.translate == nil {
		return h
	}
	return m.translate(h, o)
}
