//go:build linux && !amd64

package clock

import (
	"fmt"
	"runtime"
)

// Supported says why the clocks of processes cannot be changed here.
func Supported() error {
	return fmt.Errorf("the hook in the vDSO is written for amd64, not %s", runtime.GOARCH)
}

// Set does nothing here but to say so.
func Set(int, Skew) error { return Supported() }

// Holds does nothing here but to say so.
func Holds(int, Skew) (bool, error) { return false, Supported() }

// Get does nothing here but to say so.
func Get(int) (Skew, error) { return Skew{}, Supported() }
