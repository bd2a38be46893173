package delivery

import (
	"fmt"
	"strings"
)

// Profile is what a system promises about each message. The zero Profile is the
// strictest.
type Profile uint8

const (
	// ExactlyOnce: no message is lost, none is received twice. It is broken by
	// phantom, aborted-read, lost, duplicated and redelivered-after-ack.
	ExactlyOnce Profile = iota
	// AtLeastOnce: no message is lost, and none is received again once a consumer's
	// acknowledgement of it is done. It is broken by phantom, aborted-read, lost
	// and redelivered-after-ack.
	AtLeastOnce
	// AtMostOnce: no message is received twice. It is broken by phantom,
	// aborted-read, duplicated and redelivered-after-ack.
	AtMostOnce
)

var profileNames = [...]string{ExactlyOnce: "exactly-once", AtLeastOnce: "at-least-once", AtMostOnce: "at-most-once"}

// String is the name that ParseProfile reads.
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("profile %d", uint8(p))
}

// ParseProfile reads exactly-once, at-least-once or at-most-once.
func ParseProfile(name string) (Profile, error) {
	for p, known := range profileNames {
		if name == known {
			return Profile(p), nil
		}
	}
	return 0, fmt.Errorf("no delivery profile is called %q: choose one of %s", name, strings.Join(profileNames[:], ", "))
}

// ForbidsLoss says that no acknowledged message may be lost.
func (p Profile) ForbidsLoss() bool { return p != AtMostOnce }

// ForbidsDuplicates says that no message may be received twice.
func (p Profile) ForbidsDuplicates() bool { return p != AtLeastOnce }

// Forbids says whether an anomaly in the delivery of messages breaks the profile.
// All break that do so whatever is promised: messages that are made up, or given
// again to those who were done with them.
func (p Profile) Forbids(anomaly string) bool {
	switch anomaly {
	case Lost:
		return p.ForbidsLoss()
	case Duplicated:
		return p.ForbidsDuplicates()
	}
	return true
}
