package lines

import "syscall"

// dieWithParent makes the kernel kill the child when its parent ends.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
