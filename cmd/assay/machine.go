package main

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// machine is operating system, architecture, kernel and cores.
func machine() string {
	kernel := "unknown kernel"
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		kernel = "kernel " + unix.ByteSliceToString(name.Release[:])
	}
	return fmt.Sprintf("%s/%s, %s, %d cores", runtime.GOOS, runtime.GOARCH, kernel, runtime.NumCPU())
}
