//go:build !release

package gobuild

import (
	"embed"
	"io/fs"
)

// embedded is empty: this is not a release build.
func embedded() fs.FS { return embed.FS{} }
