package local

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/assaykit/assay/harness/cluster"
)

// dieWithParent makes the kernel kill the child when its parent ends.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

func stateOf(pid int) (cluster.State, error) {
	fields, err := stat(pid)
	if gone(err) {
		return cluster.Stopped, nil
	}
	if err != nil {
		return cluster.Unseen, err
	}
	return stateFrom(fields[0][0]), nil
}

// gone tells whether an error says that there is no such process (any more).
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// stat returns the fields of /proc/pid/stat from the third on (see proc(5)):
// the two before are the pid and a name that may contain anything.
func stat(pid int) ([][]byte, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 3 {
		return nil, fmt.Errorf("/proc/%d/stat has no process group: %q", pid, text)
	}
	return fields, nil
}

// startOf is of no use here: processes are recognised by their environment.
func startOf(int) string { return "" }

// leftOf returns the processes of a run that are left in the recorded group.
// Each of them has the run's name in its environment, so that none is taken for
// one that got its number later.
func leftOf(run string, r record) ([]int, error) {
	members, err := membersOf(r.PID)
	return slices.DeleteFunc(members, func(pid int) bool { return !belongs(pid, run) }), err
}

// groupLives tells whether a group has a process that has not ended. Those that
// only wait to be collected by their parent, which may be never, do not count.
func groupLives(group int) bool {
	members, err := membersOf(group)
	return err != nil || len(members) > 0
}

func membersOf(group int) ([]int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var members []int
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && inGroup(pid, group) {
			members = append(members, pid)
		}
	}
	return members, nil
}

func inGroup(pid, group int) bool {
	fields, err := stat(pid)
	return err == nil && string(fields[2]) == strconv.Itoa(group) && stateFrom(fields[0][0]) != cluster.Stopped
}

func belongs(pid int, run string) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(bytes.Split(environment, []byte{0}), func(variable []byte) bool {
		return string(variable) == runVariable+"="+run
	})
}
