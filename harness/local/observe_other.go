//go:build unix && !linux

package local

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/assaykit/assay/harness/cluster"
)

// dieWithParent has no means here; the child sees its standard input end.
func dieWithParent(*syscall.SysProcAttr) {}

func stateOf(pid int) (cluster.State, error) {
	text, err := ps(pid, "stat=")
	if err != nil {
		return cluster.Unseen, err
	}
	if text == "" {
		return cluster.Stopped, nil
	}
	return stateFrom(text[0]), nil
}

// startOf is when a process started, by which it is recognised later.
func startOf(pid int) string {
	text, err := ps(pid, "lstart=")
	if err != nil {
		return ""
	}
	return text
}

// leftOf returns the recorded process if it is still the same one.
func leftOf(_ string, r record) ([]int, error) {
	text, err := ps(r.PID, "lstart=")
	if err != nil || text == "" || text != r.Started {
		return nil, err
	}
	return []int{r.PID}, nil
}

// groupLives tells whether a group has a process that can be signalled.
func groupLives(group int) bool { return syscall.Kill(-group, 0) == nil }

// ps asks for one property of a process; the answer is empty if there is no
// such process.
func ps(pid int, property string) (string, error) {
	text, err := exec.Command("ps", "-o", property, "-p", strconv.Itoa(pid)).Output()
	var none *exec.ExitError
	if errors.As(err, &none) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}
