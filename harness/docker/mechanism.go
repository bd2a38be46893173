package docker

import "github.com/assaykit/assay/harness/cluster"

// What the agent needs: to enter a node's network and have rules there, to send copies
// of packets, to write into processes of whatever user, and to serve a folder.
var (
	toRule   = []string{"SYS_ADMIN", "SYS_PTRACE", "DAC_OVERRIDE", "NET_ADMIN"}
	toShape  = append(toRule[:len(toRule):len(toRule)], "NET_RAW")
	toAdjust = []string{"SYS_PTRACE", "DAC_OVERRIDE"}
	toServe  = []string{
		"SYS_ADMIN", "SYS_PTRACE", "DAC_OVERRIDE", "SYS_CHROOT", "DAC_READ_SEARCH", "CHOWN",
		"FOWNER", "FSETID", "SETUID", "SETGID", "MKNOD", fuseDevice,
	}
)

// Mechanisms are how faults are injected into containers. What needs privileges is
// done by the agent, which alone has them; nodes get none.
func Mechanisms() map[cluster.Capability]cluster.Mechanism {
	const (
		rule  = "rules of nftables in the node's network"
		queue = "a queue of nftables in the node's network, and the agent at its end"
	)
	all := map[cluster.Capability]cluster.Mechanism{
		cluster.CanKill:        {About: "SIGKILL from the engine"},
		cluster.CanStop:        {About: "SIGTERM from the engine"},
		cluster.CanPause:       {About: "the engine's freezer of control groups"},
		cluster.CanReplace:     {About: "another container at the same address, with an empty volume"},
		cluster.CanThrottle:    {About: "the node's control group: a quota of CPU"},
		cluster.CanLimitMemory: {About: "the node's control group: a limit of memory"},
		cluster.CanStarve:      {About: "the node's control group, and a program in the node that takes all memory"},
		cluster.CanClock:       {About: "a hook in the vDSO of each of the node's processes", Needs: toAdjust},
		cluster.CanDisk:        {About: "a layer of FUSE over the node's folder", Needs: toServe},
	}
	for _, what := range []cluster.Capability{cluster.CanPartition, cluster.CanReject, cluster.CanCutNew, cluster.CanCutClients} {
		all[what] = cluster.Mechanism{About: rule, Needs: toRule}
	}
	for _, what := range []cluster.Capability{
		cluster.CanCorrupt, cluster.CanDelay, cluster.CanLose, cluster.CanDuplicate,
		cluster.CanReorder, cluster.CanNoise, cluster.CanLimit, cluster.CanTamper,
	} {
		all[what] = cluster.Mechanism{About: queue, Needs: toShape}
	}
	return all
}
