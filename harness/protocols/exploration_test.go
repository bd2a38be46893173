package protocols

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/sim/explore"
)

func exploration(t *testing.T, name string, c Chosen, change func(*Setup)) *explore.Result {
	t.Helper()
	p, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Exploration.Setup(c)
	if change != nil {
		change(&s)
	}
	if err := p.Exploration.Check(s); err != nil {
		t.Fatal(err)
	}
	e, err := p.Exploration.System(s, c)
	if err != nil {
		t.Fatal(err)
	}
	result, err := e.Explore(t.Context(), explore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func ordered(s *Setup) { s.Network = explore.Ordered }

func size(nodes, clients int) func(*Setup) {
	return func(s *Setup) { s.Nodes, s.Clients = nodes, clients }
}

// TestCorrectProtocolsHold counts their states too. The counts of registers are those
// that Stateright publishes for its examples, or gives for them (single-copy-register,
// linearizable-register and paxos).
func TestCorrectProtocolsHold(t *testing.T) {
	for _, c := range []struct {
		protocol                 string
		chosen                   Chosen
		change                   func(*Setup)
		unique, generated, depth int
	}{
		{"single-copy", nil, nil, 93, 121, 9},
		{"single-copy", nil, ordered, 93, 121, 9},
		{"single-copy", nil, func(s *Setup) { s.Clients = 3; ordered(s) }, 4243, 6778, 13},
		{"abd", nil, nil, 544, 875, 25},
		{"abd", nil, ordered, 620, 883, 25},
		{"paxos", nil, size(3, 1), 265, 482, 14},
		{"paxos", nil, func(s *Setup) { s.Clients = 1; ordered(s) }, 237, 512, 15},
		{"paxos", nil, nil, 16_668, 32_971, 21},
		{"two-phase-commit", nil, nil, 25_629, 95_405, 19},
		{"primary-backup", Chosen{"calls": "one-writer"}, nil, 37_972, 116_582, 30},
		{"lease-lock", nil, nil, 55, 101, 9},
		{"lease-lock", Chosen{"users": "clients"}, nil, 36, 46, 8},
		{"retry-queue", nil, nil, 683, 1384, 16},
		{"retry-queue", nil, func(s *Setup) { s.Faults.Duplicates = 1 }, 12_725, 34_213, 21},
		{"byzantine-generals", nil, nil, 4550, 14_122, 10},
	} {
		t.Run(fmt.Sprint(c.protocol, c.chosen), func(t *testing.T) {
			result := exploration(t, c.protocol, c.chosen, c.change)
			if result.Validity() != checkers.Valid || !result.Complete {
				t.Errorf("%v, complete %v: %+v", result.Validity(), result.Complete, result.Properties)
			}
			got, want := [3]int{result.Unique, result.Generated, result.Depth}, [3]int{c.unique, c.generated, c.depth}
			if got != want {
				t.Errorf("unique, generated and depth are %v, want %v", got, want)
			}
		})
	}
}

// mistakes are the shortest ways to each of them, in the setups that the table has for
// them.
var mistakes = []struct {
	protocol, bug string
	violated      string
	steps         int
}{
	{"single-copy", "volatile", "linearizable register", 6},
	{"abd", "no-write-back", "linearizable register", 11},
	{"abd", "volatile", "linearizable register", 20},
	{"paxos", "accept-any", "linearizable register", 17},
	{"paxos", "own-value", "linearizable register", 17},
	{"paxos", "quorum-1", "linearizable register", 9},
	{"paxos", "volatile", "linearizable register", 19},
	{"two-phase-commit", "commit-in-doubt", "all nodes or none commit", 6},
	{"two-phase-commit", "tell-first", "clients are told what is committed", 7},
	{"primary-backup", "asynchronous", "linearizable register", 8},
	{"primary-backup", "local-reads", "linearizable register", 11},
	{"lease-lock", "no-fencing", "writes come in the order of the holds", 7},
	{"lease-lock", "expires", "linearizable mutex", 6},
	{"lease-lock", "volatile", "linearizable mutex", 7},
	{"retry-queue", "no-deduplication", "linearizable queue", 8},
	{"byzantine-generals", "trusting", "IC1: the loyal lieutenants agree", 2},
}

func TestMistakesAreFoundByAShortestWay(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.protocol+" "+m.bug, func(t *testing.T) {
			if testing.Short() && (m.bug == "volatile" && m.protocol != "single-copy") {
				t.Skip("takes several seconds")
			}
			result := exploration(t, m.protocol, Chosen{bugSetting: m.bug}, nil)
			p := result.Property(m.violated)
			if p == nil || p.Validity != checkers.Invalid || p.Trace == nil {
				t.Fatalf("%s is not violated: %+v", m.violated, result.Properties)
			}
			if len(p.Trace.Steps) != m.steps {
				t.Errorf("%d steps, want %d:\n%v", len(p.Trace.Steps), m.steps, p.Trace)
			}
		})
	}
}

// TestEveryMistakeIsInTheTable holds for new ones too. Those of the demo are too deep
// for an exploration, but for the one below.
func TestEveryMistakeIsInTheTable(t *testing.T) {
	for _, p := range All() {
		for _, s := range p.Settings {
			for _, choice := range s.Choices {
				if s.Key != bugSetting || choice.Value == noBug || p.Name == "demo" {
					continue
				}
				if !slices.ContainsFunc(mistakes, func(m struct {
					protocol, bug string
					violated      string
					steps         int
				}) bool {
					return m.protocol == p.Name && m.bug == choice.Value
				}) {
					t.Errorf("%s: nobody looks for the mistake %s", p.Name, choice.Value)
				}
			}
		}
	}
}

// TestTwoCopiesAreNoRegister finds what Stateright's example does: four steps.
func TestTwoCopiesAreNoRegister(t *testing.T) {
	result := exploration(t, "single-copy", nil, size(2, 2))
	p := result.Property("linearizable register")
	if p.Validity != checkers.Invalid || len(p.Trace.Steps) != 4 {
		t.Errorf("%v: %v", p.Validity, p.Trace)
	}
}

// TestThreeGeneralsCannotAgree is the theorem of Lamport, Shostak and Pease for one
// traitor: three are not enough, whoever it is, four and five are.
func TestThreeGeneralsCannotAgree(t *testing.T) {
	for generals, want := range map[int]checkers.Validity{3: checkers.Invalid, 4: checkers.Valid, 5: checkers.Valid} {
		if testing.Short() && generals > 4 {
			continue
		}
		result := exploration(t, "byzantine-generals", nil, func(s *Setup) { s.Nodes = generals })
		if result.Validity() != want {
			t.Errorf("%d generals: %v", generals, result.Validity())
		}
	}
}

// TestLoyalGeneralsAgree needs no more than three of them.
func TestLoyalGeneralsAgree(t *testing.T) {
	result := exploration(t, "byzantine-generals", Chosen{"traitor": "none"}, func(s *Setup) { s.Nodes = 3 })
	if result.Validity() != checkers.Valid {
		t.Errorf("%+v", result.Properties)
	}
}

// TestNoNumberOfMessagesIsEnough tries every length and every rule up to ten messages:
// there is a run in which one attacks alone, or there is none in which both attack.
func TestNoNumberOfMessagesIsEnough(t *testing.T) {
	for messages := range 11 {
		for unseen := range messages + 1 {
			result := exploration(t, "two-generals", Chosen{
				messagesSetting: strconv.Itoa(messages), unseenSetting: strconv.Itoa(unseen),
			}, nil)
			if messages == 0 {
				if p := result.Property("both attack"); p.Validity != checkers.Invalid {
					t.Errorf("without a message both attack: %+v", p)
				}
				continue
			}
			p := result.Property("both attack, or none")
			if p.Validity != checkers.Invalid {
				t.Fatalf("%d messages, %d unseen: %+v", messages, unseen, result.Properties)
			}
			if last := p.Trace.Steps[len(p.Trace.Steps)-1]; last.Action != explore.Drop {
				t.Errorf("%d messages, %d unseen: the last step is %q", messages, unseen, last.Label)
			}
		}
	}
}

// TestCarefulGeneralsAreBrokenByTheLastMessenger has the shortest run for each length:
// all messages but the last one arrive.
func TestCarefulGeneralsAreBrokenByTheLastMessenger(t *testing.T) {
	for messages := 1; messages <= 20; messages++ {
		p := exploration(t, "two-generals", Chosen{messagesSetting: strconv.Itoa(messages)}, nil).Property("both attack, or none")
		if len(p.Trace.Steps) != messages {
			t.Errorf("%d messages: %d steps", messages, len(p.Trace.Steps))
		}
	}
}

// TestAForgottenVoteElectsTwoLeaders is the shortest such run of Raft: two candidates,
// who both ask whether they could win before they do, and a voter who crashes between
// its two votes.
func TestAForgottenVoteElectsTwoLeaders(t *testing.T) {
	if testing.Short() {
		t.Skip("visits millions of states")
	}
	result := exploration(t, "demo", Chosen{bugSetting: "forget-vote"}, nil)
	p := result.Property("one leader in a term")
	if p.Validity != checkers.Invalid {
		t.Fatalf("%+v", result.Properties)
	}
	if len(p.Trace.Steps) != 12 {
		t.Errorf("%d steps, want 12:\n%v", len(p.Trace.Steps), p.Trace)
	}
}
