//go:build unix

package local

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/assaykit/assay/harness/owner"
)

func TestCleanSparesAProcessThatGotTheNumberLater(t *testing.T) {
	t.Setenv("ASSAY_STATE", t.TempDir())
	stranger := exec.Command(os.Args[0])
	stranger.Env = append(os.Environ(), role+"=sleeper")
	stranger.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	dir, err := owner.Dir("run-3")
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, folderName, "n1")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := remember(home, record{PID: stranger.Process.Pid, Started: "Thu Jan  1 00:00:00 1970"}); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	if err := Clean(owner.Alive, &log); err != nil {
		t.Fatal(err)
	}
	if !exists(t, stranger.Process.Pid) || log.Len() > 0 {
		t.Errorf("the stranger was touched: %q", log.String())
	}
	if _, err := os.Stat(home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
}
