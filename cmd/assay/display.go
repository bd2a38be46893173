package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/assaykit/assay/cmd/assay/internal/progress"
)

// newDisplay shows progress live on a terminal that can do that.
func newDisplay(out io.Writer, quiet bool) *progress.Display {
	file, ok := out.(*os.File)
	if !ok || quiet || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(file.Fd())) {
		return progress.Plain(out)
	}
	return progress.Live(out, func() int {
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil {
			return 0
		}
		return width
	})
}
