package cluster

import "context"

// Tailor is implemented by targets that are only made by their settings: what their
// nodes are called and what their clients can do is in files of the user.
type Tailor interface {
	// Tailored is the target that the settings make. It has been tried as far as that
	// goes without a cluster. Its errors are for the user, and name files and lines.
	Tailored(ctx context.Context, cfg Config) (Target, error)
}
