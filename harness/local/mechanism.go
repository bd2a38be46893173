package local

import "github.com/assaykit/assay/harness/cluster"

// Mechanisms are how faults are injected into child processes. None of them needs
// privileges.
func Mechanisms() map[cluster.Capability]cluster.Mechanism {
	const proxy = "the proxies through which nodes reach each other"
	all := map[cluster.Capability]cluster.Mechanism{
		cluster.CanKill:  {About: "SIGKILL"},
		cluster.CanStop:  {About: "SIGTERM"},
		cluster.CanPause: {About: "SIGSTOP and SIGCONT"},
	}
	for _, what := range []cluster.Capability{
		cluster.CanPartition, cluster.CanCorrupt, cluster.CanDelay, cluster.CanLimit, cluster.CanLose, cluster.CanNoise,
	} {
		all[what] = cluster.Mechanism{About: proxy}
	}
	return all
}
