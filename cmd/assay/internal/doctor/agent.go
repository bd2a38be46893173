package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

// NetworkOnly tells what agents can do that may do nothing but make rules in the networks
// of nodes. It is one line, because most of it is as with others.
func NetworkOnly(found cluster.Capabilities, err error) Aid {
	aid := Aid{Name: "--agent network-only", Err: err}
	if err == nil {
		aid.Err = found.Supports(cluster.CanPartition)
	}
	if aid.Err != nil {
		return aid
	}
	var works, lacks []string
	for _, what := range slices.Sorted(maps.Keys(found)) {
		if found[what] == nil {
			works = append(works, string(what))
		} else {
			lacks = append(lacks, string(what))
		}
	}
	aid.About = fmt.Sprintf("an agent beside each node with NET_ADMIN and nothing else: %s; but not: %s",
		strings.Join(works, ", "), strings.Join(lacks, ", "))
	return aid
}
