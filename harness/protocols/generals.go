package protocols

import (
	"fmt"
	"strconv"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols/byzantine"
	"github.com/assaykit/assay/harness/protocols/twogenerals"
	"github.com/assaykit/assay/harness/sim/explore"
)

// The settings of the generals.
const (
	traitorSetting  = "traitor"
	anyGeneral      = "any"
	nobody          = "none"
	messagesSetting = "messages"
	unseenSetting   = "unseen"
)

type (
	byzantineView     = explore.View[byzantine.State, byzantine.Message]
	byzantineProperty = explore.Property[byzantineView]
)

func byzantineGenerals() Protocol {
	return Protocol{
		Name:  "byzantine-generals",
		About: "the Byzantine generals with oral messages, OM(1): four agree in spite of a traitor, three do not",
		Settings: []cluster.Setting{
			bugs(cluster.Choice{Value: "trusting", About: "lieutenants obey the commander without asking each other"}),
			{Key: traitorSetting, Default: anyGeneral, About: "who lies: none, a general such as n1, who is the commander, or any: each of them in turn"},
		},
		Exploration: &Exploration{
			LeastNodes: 2, MostNodes: 6, Symmetric: true,
			Setup:  func(Chosen) Setup { return Setup{Nodes: 4} },
			System: generals,
		},
	}
}

// generals is the system with the traitor, or one for each who may be it.
func generals(s Setup, c Chosen) (explore.Explorer, error) {
	if s.Symmetry && s.Nodes < 3 {
		return nil, fmt.Errorf("a single lieutenant is like no other: it takes 3 nodes at least")
	}
	var suspects oneOf
	for i := range s.Nodes {
		suspects = append(suspects, army(s, c, actor.ID(fmt.Sprintf("n%d", i+1))))
	}
	switch traitor := c[traitorSetting]; traitor {
	case "", anyGeneral:
		return suspects, nil
	case nobody:
		return army(s, c, ""), nil
	default:
		for _, suspect := range suspects {
			if string(suspect.traitor) != traitor {
				continue
			}
			if s.Symmetry && suspect.Interchangeable == nil {
				return nil, fmt.Errorf("beside the traitor %s a single lieutenant is like no other: it takes %d nodes at least", traitor, s.Nodes+1)
			}
			return suspect, nil
		}
		return nil, fmt.Errorf("setting %s is %q: choose none, any, or a general from n1 to n%d", traitorSetting, traitor, s.Nodes)
	}
}

// army is a system with a traitor.
func army(s Setup, c Chosen, traitor actor.ID) generalsWith {
	a := byzantine.Actor{Traitor: traitor, Trusting: c.bug() == "trusting"}
	system := assemble(s, a)
	system.Properties = []byzantineProperty{
		explore.Always("IC1: the loyal lieutenants agree", func(v byzantineView) error { return agree(v, a) }),
		explore.Always("IC2: they obey a loyal commander", func(v byzantineView) error { return obey(v, a) }),
		explore.Sometimes("every loyal lieutenant has decided", func(v byzantineView) bool { return decided(v, a) }),
	}
	if s.Symmetry {
		system.Interchangeable = alike(system, system.Nodes[0].ID, traitor)
	}
	return generalsWith{system, traitor}
}

// loyal are the lieutenants who are not the traitor.
func loyal(v byzantineView, a byzantine.Actor) []actor.ID {
	var all []actor.ID
	for _, id := range v.Nodes()[1:] {
		if id != a.Traitor {
			all = append(all, id)
		}
	}
	return all
}

func agree(v byzantineView, a byzantine.Actor) error {
	attack, retreat := actor.ID(""), actor.ID("")
	for _, id := range loyal(v, a) {
		switch v.State(id).Obeys {
		case byzantine.Attack:
			attack = id
		case byzantine.Retreat:
			retreat = id
		}
	}
	if attack != "" && retreat != "" {
		return fmt.Errorf("%s attacks, and %s retreats", attack, retreat)
	}
	return nil
}

func obey(v byzantineView, a byzantine.Actor) error {
	commander := v.Nodes()[0]
	if commander == a.Traitor {
		return nil
	}
	order := v.State(commander).Obeys
	for _, id := range loyal(v, a) {
		if obeys := v.State(id).Obeys; obeys != "" && obeys != order {
			return fmt.Errorf("the commander %s ordered to %s, and %s obeys to %s", commander, order, id, obeys)
		}
	}
	return nil
}

func decided(v byzantineView, a byzantine.Actor) bool {
	for _, id := range loyal(v, a) {
		if v.State(id).Obeys == "" {
			return false
		}
	}
	return true
}

type twoGeneralsView = explore.View[twogenerals.State, twogenerals.Message]

func twoGenerals() Protocol {
	return Protocol{
		Name:  "two-generals",
		About: "two generals whose messengers may be caught agree to attack: no number of messages is enough",
		Settings: []cluster.Setting{
			{Key: messagesSetting, Default: "3", About: "how many messages they agree to send, in turns"},
			{Key: unseenSetting, Default: "0", About: "how many of the messages that a general expects may be missing for it to attack nevertheless"},
		},
		Exploration: &Exploration{
			LeastNodes: 2, MostNodes: 2,
			Setup:  func(Chosen) Setup { return Setup{Nodes: 2, Faults: explore.Faults{Drops: 1}} },
			System: armies,
		},
	}
}

func armies(s Setup, c Chosen) (explore.Explorer, error) {
	messages, err := c.count(messagesSetting, 3)
	if err != nil {
		return nil, err
	}
	unseen, err := c.count(unseenSetting, 0)
	if err != nil {
		return nil, err
	}
	a := twogenerals.Actor{Messages: messages, Unseen: unseen}
	system := assemble(s, a)
	system.Properties = []explore.Property[twoGeneralsView]{
		explore.Always("both attack, or none", together),
		explore.Sometimes("both attack", func(v twoGeneralsView) bool { return attackers(v) == 2 }),
	}
	return system, nil
}

// count is a setting that is a small number.
func (c Chosen) count(key string, otherwise int) (int, error) {
	text, chosen := c[key]
	if !chosen {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1000 {
		return 0, fmt.Errorf("setting %s is %q: give a number from 0 to 1000", key, text)
	}
	return n, nil
}

// together is judged when all is over: no messenger is under way.
func together(v twoGeneralsView) error {
	for range v.Messages() {
		return nil
	}
	if attackers(v) == 1 {
		for id, s := range v.States() {
			if s.Attacks {
				return fmt.Errorf("%s attacks alone", id)
			}
		}
	}
	return nil
}

func attackers(v twoGeneralsView) int {
	n := 0
	for _, s := range v.States() {
		if s.Attacks {
			n++
		}
	}
	return n
}
