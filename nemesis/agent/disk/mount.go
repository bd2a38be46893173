//go:build linux

package disk

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Mount is a layer that can be put over a folder of a container, again and again,
// as containers start anew and get another mount namespace each time.
type Mount struct {
	*Layer
	path string
	// folder is the folder below, and layer the mounted layer; neither is mounted
	// anywhere.
	folder, layer int
}

// New makes a layer over the folder that a process sees at a path. It is not yet in
// place. The seed decides about what happens by chance.
func New(pid int, path string, seed uint64) (*Mount, error) {
	m := &Mount{path: path, folder: -1, layer: -1}
	err := within(pid, func() (err error) {
		m.folder, err = unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open %s of process %d: %w", path, pid, err)
	}
	device, err := m.detached()
	if err == nil {
		m.Layer, err = serve(fmt.Sprintf("/proc/self/fd/%d", m.folder), device, seed)
	}
	if err != nil {
		m.closeFiles()
		return nil, err
	}
	return m, nil
}

// detached mounts the layer nowhere, and returns the device on which the kernel will
// ask for its files.
func (m *Mount) detached() (device int, err error) {
	device, err = unix.Open("/dev/fuse", unix.O_RDWR, 0)
	if err != nil {
		return -1, fmt.Errorf("/dev/fuse: %w", err)
	}
	system, err := unix.Fsopen("fuse", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, errors.Join(fmt.Errorf("fsopen: %w", err), unix.Close(device))
	}
	defer unix.Close(system)
	if err := configure(system, device); err != nil {
		return -1, errors.Join(err, unix.Close(device))
	}
	m.layer, err = unix.Fsmount(system, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return -1, errors.Join(fmt.Errorf("fsmount: %w", err), unix.Close(device))
	}
	return device, nil
}

// configure describes a FUSE file system that all users may use as the permissions
// of its files say.
func configure(system, device int) error {
	for _, parameter := range [][2]string{
		{"fd", fmt.Sprint(device)}, {"rootmode", "40000"}, {"user_id", "0"}, {"group_id", "0"},
		{"source", "assay"}, {"max_read", "1048576"},
	} {
		if err := unix.FsconfigSetString(system, parameter[0], parameter[1]); err != nil {
			return fmt.Errorf("fsconfig %s: %w", parameter[0], err)
		}
	}
	for _, flag := range []string{"allow_other", "default_permissions"} {
		if err := unix.FsconfigSetFlag(system, flag); err != nil {
			return fmt.Errorf("fsconfig %s: %w", flag, err)
		}
	}
	if err := unix.FsconfigCreate(system); err != nil {
		return fmt.Errorf("create the file system: %w", err)
	}
	return nil
}

// Place puts the layer over its path, as a process sees it. Programs that have files
// open there go on without the layer.
func (m *Mount) Place(pid int) error {
	err := within(pid, func() error {
		copied, err := unix.OpenTree(m.layer, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
		if err != nil {
			return err
		}
		defer unix.Close(copied)
		return unix.MoveMount(copied, "", unix.AT_FDCWD, m.path, unix.MOVE_MOUNT_F_EMPTY_PATH)
	})
	if err != nil {
		return fmt.Errorf("put the layer over %s of process %d: %w", m.path, pid, err)
	}
	return nil
}

// Covers says whether the layer is what a process sees at its path.
func (m *Mount) Covers(pid int) (bool, error) {
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		return false, err
	}
	return Covered(string(mounts), m.path), nil
}

// Covered says whether a layer is at a path, as /proc/PID/mountinfo tells it: the
// last line about a path is what is seen there (proc_pid_mountinfo(5)).
func Covered(mounts, path string) bool {
	covered := false
	for line := range strings.Lines(mounts) {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] == path {
			_, system, _ := strings.Cut(line, " - ")
			covered = strings.HasPrefix(system, "fuse assay ")
		}
	}
	return covered
}

// Below is a path of this process that leads to the folder under the layer.
func (m *Mount) Below() string { return fmt.Sprintf("/proc/self/fd/%d/.", m.folder) }

// Read reads the beginning of a file through the layer, as a program would. It
// keeps to plain system calls: the runtime would have to poll what it opens, which
// a process cannot do to a file system that it serves.
func (m *Mount) Read(name string) (int, error) {
	fd, err := unix.Openat(m.layer, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", name, err)
	}
	defer unix.Close(fd)
	n, err := unix.Pread(fd, make([]byte, pageSize), 0)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return n, nil
}

// Close makes everything durable. Where the layer was put it stays: see Layer.Close.
func (m *Mount) Close() error {
	err := m.Layer.Close()
	m.closeFiles()
	return err
}

func (m *Mount) closeFiles() {
	for _, fd := range []int{m.folder, m.layer} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// within calls f in the mount namespace of a process, on a thread that ends with
// it.
func within(pid int, f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked, so the thread ends with the goroutine
		done <- inNamespace(pid, f)
	}()
	return <-done
}

func inNamespace(pid int, f func() error) error {
	// A thread that shares its root and working directory with others cannot leave
	// its mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	space, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	if err != nil {
		return err
	}
	defer space.Close()
	if err := unix.Setns(int(space.Fd()), unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("enter the mount namespace: %w", err)
	}
	return f()
}
