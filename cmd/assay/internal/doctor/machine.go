package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Toolchain looks for the go command.
func Toolchain(ctx context.Context) Aid {
	aid := Aid{Name: "go toolchain"}
	text, err := exec.CommandContext(ctx, "go", "version").Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		aid.Err = errors.New("there is no go command in PATH; it builds images, install it from https://go.dev/dl")
	case err != nil:
		aid.Err = fmt.Errorf("go version: %w", err)
	default:
		aid.About = strings.TrimPrefix(strings.TrimSpace(string(text)), "go version ")
	}
	return aid
}

// plenty is the space that images, logs and histories of many runs fit in.
const plenty = 2 << 30

// Disk looks how much space there is for the results in a folder, which need
// not exist yet.
func Disk(folder string) Aid {
	aid := Aid{Name: "disk"}
	var fs unix.Statfs_t
	if err := unix.Statfs(existing(folder), &fs); err != nil {
		aid.Err = fmt.Errorf("look for space in %s: %w", folder, err)
		return aid
	}
	free := int64(fs.Bavail) * int64(fs.Bsize)
	aid.About = fmt.Sprintf("%.1f GiB free for %s", float64(free)/(1<<30), folder)
	if free < plenty {
		aid.Err = fmt.Errorf("%s; make room, 2 GiB is comfortable", aid.About)
	}
	return aid
}

// existing is the nearest folder upwards that exists.
func existing(folder string) string {
	path, err := filepath.Abs(folder)
	if err != nil {
		return folder
	}
	for path != filepath.Dir(path) && unix.Access(path, unix.F_OK) != nil {
		path = filepath.Dir(path)
	}
	return path
}
