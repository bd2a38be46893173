package nemesis

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

var nine = []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"}

// What a partition damages is not asked for where any number of nodes may be damaged: to
// find it for hundreds of nodes takes longer than anybody waits.
func TestManyNodesAreCheckedAtOnce(t *testing.T) {
	spec, err := Parse("partition:halves+ring+bridge,kill,pause")
	if err != nil {
		t.Fatal(err)
	}
	var nodes []string
	for i := range 300 {
		nodes = append(nodes, fmt.Sprintf("n%d", i+1))
	}
	if err := spec.CheckNodes(nodes); err != nil {
		t.Error(err)
	}
}

func TestPartitionsAreLaidToTheChargeOfAsFewNodesAsPossible(t *testing.T) {
	for _, c := range []struct {
		shape string
		nodes int
		want  int
	}{
		{"one", 5, 1}, {"leader", 5, 1}, {"one-way", 5, 1}, {"halves", 5, 2}, {"majority", 5, 2}, {"halves", 4, 2},
		{"bridge", 5, 2}, {"ring", 3, 1}, {"ring", 5, 3}, {"ring", 7, 4}, {"n1,n2|n3", 3, 1}, {"n1,n2|n3,n4,n5", 5, 2}, {"n1>n2,n3", 5, 1},
		{"clients@n2,n3", 5, 2},
	} {
		cuts, err := parseCuts(shapeOf(t, c.shape))
		if err != nil {
			t.Fatal(err)
		}
		links := keys(cuts.links(Planned{Order: nine[:c.nodes]}).drop)
		charged, ok := cover(links, nil, c.nodes)
		if !ok || len(charged) != c.want {
			t.Errorf("%s of %d nodes damages %v, want %d", c.shape, c.nodes, charged, c.want)
		}
		if _, ok := cover(links, nil, c.want-1); ok {
			t.Errorf("%s of %d nodes damages fewer than %d", c.shape, c.nodes, c.want)
		}
		if further, ok := cover(links, charged, 0); !ok || len(further) > 0 {
			t.Errorf("%s: those who are damaged are charged again: %v", c.shape, further)
		}
	}
}

// No set of nodes that is smaller than the cover touches all links.
func TestCoversAreSmallest(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		nodes := nine[:2+random.IntN(6)]
		var links []cluster.Link
		for _, from := range nodes {
			for _, to := range nodes {
				if from != to && random.IntN(4) == 0 {
					links = append(links, cluster.Link{From: from, To: to})
				}
			}
		}
		got, ok := cover(links, nil, len(nodes))
		if want := smallestCover(links, nodes); !ok || len(got) != want || !touches(links, got) {
			t.Fatalf("%v: %v, want %d nodes", links, got, want)
		}
	}
}

func smallestCover(links []cluster.Link, nodes []string) int {
	least := len(nodes)
	for set := range uint(1) << len(nodes) {
		var chosen []string
		for i, n := range nodes {
			if set>>i&1 == 1 {
				chosen = append(chosen, n)
			}
		}
		if touches(links, chosen) {
			least = min(least, bits.OnesCount(set))
		}
	}
	return least
}

func touches(links []cluster.Link, nodes []string) bool {
	return !slices.ContainsFunc(links, func(l cluster.Link) bool {
		return !slices.Contains(nodes, l.From) && !slices.Contains(nodes, l.To)
	})
}

// Whatever the seed, what is ever broken can be laid to the charge of so many nodes:
// processes and links together.
func TestNeverMoreNodesAreDamagedThanAllowed(t *testing.T) {
	for seed := range int64(40) {
		n := 3 + int(seed)%3
		b := newBench(nine[:n]...)
		spec, err := Parse("partition,kill,pause,packets:delay(1ms)@all+loss(50%)@to-leader,most=1")
		if err != nil {
			t.Fatal(err)
		}
		watched := &chargedBench{bench: b}
		steps := spec.Plan(seed, nine[:n], Timing{Duration: 16 * time.Millisecond, Hold: time.Millisecond})
		nemesis := New(Config{Cluster: watched, Recorder: recorder(t), Steps: steps, Most: 1})
		for _, step := range steps {
			for _, p := range step.Faults {
				nemesis.resolveOnly(t, watched, p)
			}
		}
		if _, ok := cover(watched.links, watched.struck, 1-len(watched.struck)); !ok || len(watched.struck) > 1 {
			t.Errorf("seed %d: struck were %v, cut %v", seed, watched.struck, watched.links)
		}
		if len(watched.links) == 0 {
			t.Errorf("seed %d: no link was cut", seed)
		}
	}
}

// chargedBench notes whom and what faults are about.
type chargedBench struct {
	*bench
	struck []string
	links  []cluster.Link
}

func (n *Nemesis) resolveOnly(t *testing.T, b *chargedBench, p Planned) {
	t.Helper()
	act, fault := n.resolve(1, p, []string{"n2"})
	if len(fault.Nodes) == 0 {
		t.Fatalf("%s:%s strikes nobody", p.Family, p.Shape)
	}
	switch a := act.(type) {
	case *partition:
		b.links = append(b.links, a.rules.Links()...)
	case *packets:
		b.links = append(b.links, a.rules.Links()...)
	default:
		for _, node := range fault.Nodes {
			if !slices.Contains(b.struck, node) {
				b.struck = append(b.struck, node)
			}
		}
	}
}

func TestSpecificationsAreCheckedAgainstTheNodesThatThereAre(t *testing.T) {
	three := nine[:3]
	for text, want := range map[string]string{
		"kill:n9":                              `"kill:n9": there is no node n9; choose from n1, n2, n3`,
		"kill:one+n1,n4":                       "there is no node n4",
		"partition:n1,n7|n2":                   "there is no node n7",
		"partition:n1>n8":                      "there is no node n8",
		"partition:clients@n5":                 "there is no node n5",
		"packets:delay(1ms)@to-n4":             "there is no node n4",
		"process:stop(1s)@n3,n6":               "there is no node n6",
		"clock:freeze@n0":                      "there is no node n0",
		"disk:full@n4":                         "there is no node n4",
		"membership:remove@n4":                 "there is no node n4",
		"tamper:n9=>m9":                        "",
		"kill:n1,n3,partition:n1,n2|n3":        "",
		"partition:n1,n2|n3,most=1":            "",
		"partition:ring,most=1":                "",
		"all,most=1":                           "",
		"partition:n1|n2,packets:loss@from-n3": "",
	} {
		spec, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		requireComplaint(t, text, spec.CheckNodes(three), want)
	}
	five, err := Parse("partition:ring,most=2")
	if err != nil {
		t.Fatal(err)
	}
	requireComplaint(t, "ring of five", five.CheckNodes(nine[:5]), `damages 3 of 5 nodes, and most=2 is how many may be`)
	script, err := ParseScript("at 1s kill n9; at 2s heal")
	if err != nil {
		t.Fatal(err)
	}
	requireComplaint(t, "script", script.Spec().CheckNodes(three), "there is no node n9")
}

func requireComplaint(t *testing.T, text string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: got %v, want %q", text, err, want)
	}
}

// Shapes that damage too many are left out where nobody has named them.
func TestUsualShapesFitIntoWhatMayBeDamaged(t *testing.T) {
	spec, err := Parse("partition,most=1")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range spec.Plan(1, nine[:5], Timing{Duration: time.Second, Hold: time.Millisecond}) {
		for _, p := range step.Faults {
			if p.Shape == "ring" || p.Shape == "bridge" {
				t.Fatalf("%s is planned", p.Shape)
			}
		}
	}
}

func TestAScriptSaysHowManyNodesMayBeDamaged(t *testing.T) {
	script, err := ParseScript("most=1\nat 0s partition n1|n2,n3; at 1ms heal; at 2ms partition n2|n1,n3; at 3ms kill n1")
	if err != nil {
		t.Fatal(err)
	}
	if got := script.Spec().Most; got != 1 {
		t.Errorf("most %d", got)
	}
	b := newBench(nine[:3]...)
	n := perform(t, b, Config{Most: script.Spec().Most}, script.String(), 2*time.Second)
	got := strings.Join(outcomes(n.config.Recorder.Snapshot()), "; ")
	if !strings.Contains(got, "inject partition ok; heal partition ok; missed info; inject kill ok") {
		t.Errorf("%s", got)
	}
	for _, op := range n.config.Recorder.Snapshot().Ops {
		if op.F == "missed" && op.Error != "" && !strings.Contains(op.Error, "no more than 1 may be damaged, and there were already: n1") {
			t.Errorf("missed: %s", op.Error)
		}
	}
	for _, wrong := range []string{"most=0; at 1s kill", "most=many; at 1s kill"} {
		if _, err := ParseScript(wrong); err == nil {
			t.Errorf("%s was accepted", wrong)
		}
	}
}
