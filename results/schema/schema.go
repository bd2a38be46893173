// Package schema publishes the forms of the files that Assay writes for programs, as JSON
// Schema (draft 2020-12). They are made from the Go types and their comments, and a test
// fails if they no longer fit. Fields may be added; none changes its meaning.
package schema

import "embed"

// Files are the schemas: run.schema.json, verdict.schema.json, progress.schema.json (a
// line of a run that is going on), baseline.schema.json, comparison.schema.json,
// certificate.schema.json.
//
//go:embed *.schema.json
var Files embed.FS
