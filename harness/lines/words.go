//go:build unix

package lines

import (
	"errors"
	"os"
	"strings"

	"github.com/mattn/go-shellwords"
)

// Words splits a command line as a shell does, into what Start wants. A file of that
// very name is a program.
func Words(text string) ([]string, error) {
	if info, err := os.Stat(text); err == nil && !info.IsDir() {
		if !strings.ContainsRune(text, os.PathSeparator) {
			text = "./" + text
		}
		return []string{text}, nil
	}
	command, err := shellwords.Parse(text)
	if err == nil && len(command) == 0 {
		err = errors.New("it names no program")
	}
	return command, err
}
