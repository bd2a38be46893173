// Package hunger makes a container run out of memory from within: whoever runs it
// there takes all that the limit leaves, and has seen to it that the kernel, when it
// looks for a victim, prefers everybody else. It is harmless where there is no limit,
// because it takes no more than it is told and ends by itself.
package hunger

// Eat is the argument that makes the agent's executable do it: "eat BYTES". With Spin
// it takes all the CPU there is, for as long as it takes to see whether that is
// rationed.
const (
	Eat  = "eat"
	Spin = "spin"
)
