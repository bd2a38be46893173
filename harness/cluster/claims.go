package cluster

import (
	"slices"
	"time"
)

// Claimer is implemented by targets whose vendors say what they promise.
type Claimer interface {
	// Claims are the promises; a workload may be in several, under other settings.
	Claims() []Claim
}

// Claim is one promise of a system's vendor, in terms of what is tested here.
type Claim struct {
	// Workload is the name of the workload that puts it to the test.
	Workload string
	// Promise is the property by its name in the field: "linearizable", "snapshot
	// isolation", "no acknowledged write is lost".
	Promise string
	// Page is the address of the vendor's page that says so.
	Page string
	// Settings are those of the target under which it is promised. All others have to
	// have their defaults, or values that are Harmless.
	Settings map[string]string
	// Alone says that it is promised of one node only, not of several that serve
	// clients.
	Alone bool
	// Check are the settings of the workload that ask for this promise and for no more;
	// none is the workload's defaults.
	Check map[string]string
	// Under are faults that the vendor says it bears beyond those that every system has
	// to, as --nemesis takes them. Except are families during which it says it does not.
	Under, Except []string
}

// WeakenedBy names a setting that was chosen and under which the claim is not made: one
// that the claim does not name, whose value is not the default and may take back
// something. It is empty if there is none.
func (c Claim) WeakenedBy(settings []Setting, chosen map[string]string) string {
	for _, s := range settings {
		value, is := chosen[s.Key]
		if _, named := c.Settings[s.Key]; is && value != s.Default && !named && !s.harmless(value) {
			return s.Key
		}
	}
	return ""
}

func (s Setting) harmless(value string) bool {
	return s.Harmless || slices.ContainsFunc(s.Choices, func(c Choice) bool { return c.Harmless && c.Value == value })
}

// Trader is implemented by targets that let their users choose how much of a promise to
// give up for speed.
type Trader interface {
	// Trades are the settings that do so.
	Trades() []Trade
}

// Trade is a setting of the target and what it trades.
type Trade struct {
	Setting string
	For     TradeKind
	// Values are those to compare, the default or strongest first.
	Values []string
	// Settings are those of the target without which the setting means nothing.
	Settings map[string]string
}

// TradeKind is what a setting has to do with the cost of an operation.
type TradeKind string

const (
	// Consistency: how fresh and how ordered what clients read is.
	Consistency TradeKind = "consistency"
	// Durability: where a write is when it is acknowledged.
	Durability TradeKind = "durability"
	// Serialization and Compression: in which form nodes and clients speak to each other.
	Serialization TradeKind = "serialization"
	Compression   TradeKind = "compression"
)

// Paced is implemented by targets that are faster or slower than a second or so to go on
// without a leader that is gone.
type Paced interface {
	// Failover is about how long that takes them.
	Failover() time.Duration
}
