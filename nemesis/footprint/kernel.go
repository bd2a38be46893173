//go:build linux

package footprint

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const settingsFolder = "/proc/sys"

// restless are files below /proc/sys that are no settings but figures, which change
// by themselves, and the settings of interfaces that an engine makes.
var restless = regexp.MustCompile(`^(` +
	`fs/(aio-nr|dentry-state|file-nr|inode-nr|inode-state|quota/.*|binfmt_misc.*)` +
	`|kernel/(ns_last_pid|pty/nr|random/(uuid|entropy_avail|boot_id)|perf_event_max_sample_rate|perf_cpu_time_max_percent)` +
	`|net/netfilter/nf_conntrack_count` +
	`|net/ipv[46]/(conf|neigh)/(br-|veth).*` +
	`|vm/(compact_memory|drop_caches|stat_refresh)` +
	`)$`)

// settings takes down what can be set in the kernel.
func settings(_ context.Context, f Footprint) error {
	return filepath.WalkDir(settingsFolder, func(path string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(settingsFolder, path)
		switch {
		case relErr != nil:
			return relErr
		case restless.MatchString(name) && err == nil && entry.IsDir():
			return fs.SkipDir
		case restless.MatchString(name):
			return nil
		case err != nil && entry != nil && entry.IsDir():
			return fs.SkipDir // of an interface that has just gone
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		}
		// Some can be written only, and some are refused to containers.
		if value, err := os.ReadFile(path); err == nil {
			f.facts["setting "+name] = string(bytes.TrimSpace(value))
		}
		return nil
	})
}

// mounts takes down what is mounted in the namespaces of this process and of the
// machine's first. Those of containers are the engine's, those in the folder for
// temporary files are of whoever else uses the machine.
func mounts(_ context.Context, f Footprint) error {
	temporary := filepath.Clean(os.TempDir()) + "/"
	for _, process := range []string{"self", "1"} {
		text, err := os.ReadFile("/proc/" + process + "/mountinfo")
		if err != nil {
			return err
		}
		var lines []string
		for line := range strings.Lines(string(text)) {
			point, what := mountIn(line)
			if !strings.Contains(point, "/docker/") && !strings.HasPrefix(point, temporary) {
				lines = append(lines, point+" "+what)
			}
		}
		count(f, "mount of process "+process+": ", lines)
	}
	return nil
}

// mountIn is where something is mounted, and what: proc_pid_mountinfo(5).
func mountIn(line string) (point, what string) {
	if fields := strings.Fields(line); len(fields) > 5 {
		point = fields[4]
	}
	_, what, _ = strings.Cut(line, " - ")
	return point, strings.TrimSpace(what)
}
