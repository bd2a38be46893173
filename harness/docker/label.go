package docker

import (
	"github.com/docker/docker/api/types/filters"
)

// The labels of everything that Assay makes.
const (
	labelRun    = "assay.run"
	labelRole   = "assay.role"
	labelTarget = "assay.target"
	labelNode   = "assay.node"
	// labelImage and labelContent are on images: the reference that an image was
	// made for, and the digest of the program in it.
	labelImage   = "assay.image"
	labelContent = "assay.content"
)

const (
	roleNode  = "node"
	roleAgent = "agent"
)

// ofRun selects what belongs to a run; the empty run selects what belongs to any.
func ofRun(run string) filters.Args {
	if run == "" {
		return filters.NewArgs(filters.Arg("label", labelRun))
	}
	return filters.NewArgs(filters.Arg("label", labelRun+"="+run))
}
