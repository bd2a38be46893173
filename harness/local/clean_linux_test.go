package local

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/assaykit/assay/harness/owner"
)

// breedAt makes the talker at an address start a process.
func breedAt(t *testing.T, address string) (pid int) {
	t.Helper()
	eventually(t, "the node answers", func() bool {
		response, err := http.Get("http://" + address + "/breed")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		_, err = fmt.Fscan(response.Body, &pid)
		return err == nil
	})
	return pid
}

// orphans starts another Assay with a cluster of one node, whose process has
// started a third, and kills it.
func orphans(t *testing.T) (run string, node, bred int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ASSAY_STATE", t.TempDir())
	run = "run-2"
	assay := exec.Command(self, run)
	assay.Env = append(os.Environ(), role+"=assay")
	assay.Stderr = os.Stderr
	out, err := assay.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := assay.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = assay.Process.Kill(); _ = assay.Wait() })
	var address string
	if _, err := fmt.Fscan(out, &node, &address); err != nil {
		t.Fatal(err)
	}
	bred = breedAt(t, address)
	if !owner.Alive(run) || !exists(t, node) || !exists(t, bred) {
		t.Fatal("the run does not live")
	}
	if err := assay.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the claim is given up", func() bool { return !owner.Alive(run) })
	return run, node, bred
}

func TestAKilledAssayLeavesNoNodesAndCleanTheRest(t *testing.T) {
	run, node, bred := orphans(t)
	eventually(t, "the node ends with its Assay", func() bool { return !exists(t, node) })
	if !exists(t, bred) {
		t.Fatal("nothing is left to clean")
	}
	var log bytes.Buffer
	if err := Clean(func(string) bool { return true }, &log); err != nil || log.Len() > 0 {
		t.Errorf("a run that is alive was touched: %q, %v", log.String(), err)
	}
	if err := Clean(owner.Alive, &log); err != nil {
		t.Fatal(err)
	}
	if exists(t, bred) {
		t.Error("a process is left")
	}
	if want := fmt.Sprintf("ended process %d, node n1 of run %s\n", bred, run); log.String() != want {
		t.Errorf("log: got %q, want %q", log.String(), want)
	}
	if err := owner.Remove(run); err != nil {
		t.Error(err)
	}
	if err := Clean(owner.Alive, &log); err != nil {
		t.Errorf("the second time: %v", err)
	}
}
