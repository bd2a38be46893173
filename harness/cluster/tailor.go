package cluster

import "context"

// Tailor is implemented by targets that are only made by their settings: what their
// nodes are called and what their clients can do is in files of the user.
type Tailor interface {
	// Tailored is the target that the settings make. It has been tried as far as that
	// goes without a cluster. Its errors are for the user, and name files and lines.
	Tailored(ctx context.Context, cfg Config) (Target, error)
}

// Dialect is implemented by targets whose users call workloads by other names.
type Dialect interface {
	// Workload is Assay's name for what was asked for, with settings that go with it
	// unless others were chosen (key=value).
	Workload() (name string, settings []string)
}

// Host is implemented by targets that bring the place where their nodes run.
type Host interface {
	// Start takes the place of the runtime's.
	Start(ctx context.Context, o Options) (Cluster, error)
	// Place says what it is, for people.
	Place() string
}
