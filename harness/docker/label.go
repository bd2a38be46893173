package docker

import (
	"github.com/docker/docker/api/types/filters"

	"github.com/assaykit/assay/harness/owner"
)

// The labels of everything that Assay makes.
const (
	labelRun    = "assay.run"
	labelRole   = "assay.role"
	labelTarget = "assay.target"
	labelNode   = "assay.node"
	// labelPorts lists the ports of the machine that are a node's, as long as its
	// container is there.
	labelPorts = "assay.ports"
	// labelOwner says where the claim on the run is kept. Engines may be shared:
	// nobody touches what belongs to a run that he cannot see the claim of.
	labelOwner = "assay.owner"
	// labelImage and labelContent are on images: the reference that an image was
	// made for, and the digest of the program in it.
	labelImage   = "assay.image"
	labelContent = "assay.content"
)

const (
	roleNode  = "node"
	roleAgent = "agent"
	roleProbe = "probe"
)

// labels are those of everything that belongs to a run.
func labels(run string) (map[string]string, error) {
	place, err := owner.Place()
	return map[string]string{labelRun: run, labelOwner: place}, err
}

// ofRun selects what belongs to a run of this place; the empty run selects what
// belongs to any.
func ofRun(run string) (filters.Args, error) {
	place, err := owner.Place()
	selected := filters.NewArgs(filters.Arg("label", labelOwner+"="+place))
	if run == "" {
		selected.Add("label", labelRun)
	} else {
		selected.Add("label", labelRun+"="+run)
	}
	return selected, err
}
