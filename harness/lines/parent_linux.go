package lines

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// dieWithParent makes the kernel kill the child when its parent ends.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }

// Stopped observes whether the child is frozen by SIGSTOP.
func (p *Process) Stopped() (bool, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return false, err
	}
	// The name before it, in parentheses, may contain anything.
	_, after, _ := bytes.Cut(text[bytes.LastIndexByte(text, ')'):], []byte(" "))
	return len(after) > 0 && after[0] == 'T', nil
}
