//go:build linux

package agent

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/assaykit/assay/nemesis/agent/disk"
)

// WaitMount is the argument that makes the agent's executable wait for a layer over
// a folder and then become another program: "wait-mount FOLDER -- PROGRAM ARGUMENTS".
// It runs in a node, so that the node's program never opens a file past the layer.
const WaitMount = "wait-mount"

const (
	// mountPatience is how long it waits, which is milliseconds where all is well.
	mountPatience = time.Minute
	mountPoll     = 2 * time.Millisecond
)

// WaitForMount does that. It returns only if it failed.
func WaitForMount(args []string) error {
	if len(args) < 3 || args[1] != "--" {
		return fmt.Errorf("usage: %s FOLDER -- PROGRAM ARGUMENTS", WaitMount)
	}
	if err := awaitMount(args[0]); err != nil {
		return err
	}
	program, err := exec.LookPath(args[2])
	if err != nil {
		return err
	}
	// It keeps process number 1, to which the engine sends its signals.
	return fmt.Errorf("start %s: %w", program, syscall.Exec(program, args[2:], os.Environ()))
}

func awaitMount(folder string) error {
	for began := time.Now(); time.Since(began) < mountPatience; time.Sleep(mountPoll) {
		mounts, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			return err
		}
		if disk.Covered(string(mounts), folder) {
			return nil
		}
	}
	return errors.New("nobody put the layer that makes disks fail over " + folder)
}
