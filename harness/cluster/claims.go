package cluster

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
	// Settings are those of the target under which it is promised; none is the
	// defaults.
	Settings map[string]string
}
