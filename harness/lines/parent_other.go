//go:build unix && !linux

package lines

import "syscall"

// dieWithParent has no means here; the child sees its standard input end.
func dieWithParent(*syscall.SysProcAttr) {}
