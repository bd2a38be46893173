//go:build unix && !linux

package lines

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent has no means here; the child sees its standard input end.
func dieWithParent(*syscall.SysProcAttr) {}

// Stopped observes whether the child is frozen by SIGSTOP.
func (p *Process) Stopped() (bool, error) {
	text, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(p.PID())).Output()
	return strings.HasPrefix(strings.TrimSpace(string(text)), "T"), err
}
