// Package protocols is the table of the protocols that are written as actors in the
// packages below this one: what each of them promises, which mistakes can be switched
// on, how a small system of it is explored, and what service a cluster of it offers.
// The protocols themselves know nothing of this table.
package protocols

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/call"
)

// Protocol is a row of the table.
type Protocol struct {
	// Name is what people type.
	Name, About string
	// Settings are what can be chosen about it. The defaults make it correct.
	Settings []cluster.Setting
	// Exploration is how a small system of it is explored.
	Exploration *Exploration
	// Service is what a cluster of it is good for; nil if it only is explored.
	Service *Service
}

// Service is a cluster of a protocol, of as many objects as clients ask for.
type Service struct {
	// Types are the data types that its clients offer, by the names of their interfaces
	// in package workloads.
	Types []string
	// Restrictions are settings, by workload, that leave out what the protocol cannot do.
	Restrictions map[string]map[string]string
	// Probe is a request that is answered as soon as the service works, and that
	// changes nothing.
	Probe call.Request
	// Make makes the actor of its nodes.
	Make func(Chosen) (Node, error)
}

// bugSetting is the key of the setting that switches a mistake on, and noBug its
// default.
const (
	bugSetting = "bug"
	noBug      = "none"
)

// All are the protocols there are.
func All() []Protocol {
	return []Protocol{singleCopy(), majorityRegister(), synod(), twoPhaseCommit(), primaryBackup(), leaseLock(), retryQueue(), byzantineGenerals(), twoGenerals(), demo()}
}

// Find returns the protocol with a name.
func Find(name string) (Protocol, error) {
	var names []string
	for _, p := range All() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Protocol{}, fmt.Errorf("no protocol %q: choose one of %s", name, strings.Join(names, ", "))
}

// Chosen are the settings that were chosen, by their keys. Absent ones have their
// defaults.
type Chosen map[string]string

// bug is the mistake that is switched on, or "".
func (c Chosen) bug() string {
	if bug := c[bugSetting]; bug != noBug {
		return bug
	}
	return ""
}

// Check returns an error if a setting is not one of the protocol's, or has a value
// that is not one of its choices.
func (p Protocol) Check(chosen Chosen) error {
	for key, value := range chosen {
		setting, err := p.setting(key)
		if err != nil {
			return err
		}
		if err := allowed(setting, value); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

func (p Protocol) setting(key string) (cluster.Setting, error) {
	var keys []string
	for _, s := range p.Settings {
		if s.Key == key {
			return s, nil
		}
		keys = append(keys, s.Key)
	}
	if len(keys) == 0 {
		return cluster.Setting{}, fmt.Errorf("%s has no settings", p.Name)
	}
	return cluster.Setting{}, fmt.Errorf("%s has no setting %q: choose one of %s", p.Name, key, strings.Join(keys, ", "))
}

func allowed(s cluster.Setting, value string) error {
	var values []string
	for _, c := range s.Choices {
		if c.Value == value {
			return nil
		}
		values = append(values, c.Value)
	}
	if len(s.Choices) == 0 {
		return nil
	}
	return fmt.Errorf("setting %s is %q: choose one of %s", s.Key, value, strings.Join(values, ", "))
}

// bugs is the setting that switches mistakes on.
func bugs(mistakes ...cluster.Choice) cluster.Setting {
	return cluster.Setting{
		Key: bugSetting, Default: noBug, About: "which mistake the nodes make",
		Choices: append([]cluster.Choice{{Value: noBug, About: "correct"}}, mistakes...),
	}
}
