//go:build release

package gobuild

import (
	"embed"
	"io/fs"
)

// The pattern names files so that a release build without them does not compile.
//
//go:embed embedded/*.zst
var programs embed.FS

func embedded() fs.FS {
	dir, err := fs.Sub(programs, "embedded")
	if err != nil {
		panic("gobuild: the folder's name is a valid path: " + err.Error())
	}
	return dir
}
