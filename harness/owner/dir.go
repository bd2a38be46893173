//go:build unix

package owner

// Dir is the path of a run's scratch folder, whoever holds the claim on it. It
// is for runtimes, which are told the run's name and not its claim.
func Dir(run string) (string, error) { return folder(run) }
