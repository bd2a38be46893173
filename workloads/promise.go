package workloads

import "github.com/assaykit/assay/harness/cluster"

// The promises about sets and counters.
const (
	linearizablePromise = "linearizable"
	eventualPromise     = "eventual"
)

// promise is what a system promises about reads while it is not at rest.
var promise = cluster.Setting{
	Key: "promise", Default: linearizablePromise, About: "what a read has to show",
	Choices: []cluster.Choice{
		{Value: linearizablePromise, About: "all that was acknowledged before it began, from every node"},
		{Value: eventualPromise, About: "nothing that was never added; and all that was acknowledged once everything is healed"},
	},
}
