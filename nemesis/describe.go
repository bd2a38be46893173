package nemesis

import "github.com/assaykit/assay/harness/cluster"

// Description tells people what a family of faults does.
type Description struct {
	Name, About string
	Shapes      []ShapeDescription
	// Needs is what the runtime has to be able to do.
	Needs cluster.Capability
}

// ShapeDescription tells where a fault strikes.
type ShapeDescription struct{ Name, About string }

// All is the table of families.
func All() []Description {
	return []Description{
		{Name: "partition", Needs: cluster.CanPartition, About: "cuts the network between nodes; clients keep their way to their own node",
			Shapes: []ShapeDescription{
				{"one", "a single node from all others"},
				{"halves", "two halves"},
				{"majority", "the largest possible minority from the majority"},
				{"ring", "every node sees a majority, no two the same one"},
				{"bridge", "two halves that only one node in between can see"},
				{"one-way", "a single node is not heard, or hears nobody"},
				{"leader", "the leader from all others"},
			}},
		{Name: "kill", Needs: cluster.CanKill, About: "ends processes with SIGKILL and starts them again", Shapes: places()},
		{Name: "pause", Needs: cluster.CanPause, About: "freezes processes and thaws them again", Shapes: places()},
		{Name: "corrupt", Needs: cluster.CanCorrupt, About: "flips bits in what nodes send each other, behind the back of TCP",
			Shapes: []ShapeDescription{
				{"one", "everything that a single node hears"},
				{"all", "everything between all nodes"},
			}},
	}
}

func places() []ShapeDescription {
	return []ShapeDescription{
		{"one", "a single node"},
		{"minority", "the largest possible minority"},
		{"majority", "the smallest possible majority"},
		{"all", "every node"},
		{"leader", "the leader"},
	}
}

func describe(name string) (Description, bool) {
	for _, d := range All() {
		if d.Name == name {
			return d, true
		}
	}
	return Description{}, false
}

func names() []string {
	var out []string
	for _, d := range All() {
		out = append(out, d.Name)
	}
	return out
}

func (d Description) shapeNames() []string {
	var out []string
	for _, s := range d.Shapes {
		out = append(out, s.Name)
	}
	return out
}

// Supports returns nil if the runtime can inject every fault of the
// specification, otherwise the first reason why not.
func (s Spec) Supports(c cluster.Capabilities) error {
	for _, f := range s.Families {
		d, _ := describe(f.Name)
		if err := c.Supports(d.Needs); err != nil {
			return err
		}
	}
	return nil
}
