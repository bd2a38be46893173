package cluster

import "fmt"

// Capability is something that can be done to the nodes of a cluster.
type Capability string

const (
	CanKill      Capability = "kill"
	CanPause     Capability = "pause"
	CanPartition Capability = "partition"
	CanCorrupt   Capability = "corrupt"

	// CanReject resets connections in place of silence, CanCutNew cuts only those
	// that are yet to be opened, CanCutClients cuts nodes off from clients.
	CanReject     Capability = "reject"
	CanCutNew     Capability = "new-connections"
	CanCutClients Capability = "clients"

	// What can be done to the packets of a link: see Shape.
	CanDelay     Capability = "delay"
	CanLose      Capability = "loss"
	CanDuplicate Capability = "duplicate"
	CanReorder   Capability = "reorder"
	CanNoise     Capability = "noise"
	CanLimit     Capability = "bandwidth"
	CanTamper    Capability = "tamper"
)

// Mechanism is how a runtime does something, for people.
type Mechanism struct {
	About string
	// Needs are the privileges that it takes beyond those of the runtime itself:
	// capabilities(7) without their prefix, and devices.
	Needs []string
}

// Capabilities says for each capability whether it is there (nil), or why not.
// A capability that is absent from the map is not there.
type Capabilities map[Capability]error

// Supports returns nil if the capability is there, otherwise the reason.
func (c Capabilities) Supports(what Capability) error {
	err, known := c[what]
	if !known {
		return fmt.Errorf("%s: not offered by this runtime", what)
	}
	return err
}
