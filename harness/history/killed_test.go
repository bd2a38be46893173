package history

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// recordInto is the environment variable that makes the test program a recorder
// that works until it is killed.
const recordInto = "ASSAY_TEST_RECORD_INTO"

func TestMain(m *testing.M) {
	if path := os.Getenv(recordInto); path != "" {
		recordForever(path)
	}
	os.Exit(m.Run())
}

// recordForever prints how many ops were recorded before each Flush.
func recordForever(path string) {
	r, err := Create(path, since())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for {
		var last Op
		for range 7 {
			last = r.Complete(r.Invoke(Op{Process: 1, F: "write", Value: String("any text of some length")}), OK, Value{}, "")
		}
		if err := r.Flush(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(last.Index + 1)
	}
}

func TestKilledRecorderLosesNothingThatWasFlushed(t *testing.T) {
	for _, reports := range []int{1, 20, 300} {
		path := filepath.Join(t.TempDir(), "history.jsonl")
		flushed := recordAndKill(t, path, reports)
		h, _ := mustRead(t, path)
		if len(h.Ops) < flushed {
			t.Errorf("%d ops were flushed, %d can be read", flushed, len(h.Ops))
		}
		if err := h.WellFormed(); err != nil {
			t.Error(err)
		}
	}
}

// recordAndKill kills a recorder with SIGKILL after it has reported some times,
// and returns the last that it reported.
func recordAndKill(t *testing.T, path string, reports int) (flushed int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), recordInto+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if n == reports {
			child.Process.Kill()
		}
		if flushed, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the child said %q", lines.Text())
		}
	}
	if err := child.Wait(); err == nil || flushed == 0 {
		t.Fatalf("the child ended by itself (%v) after %d ops", err, flushed)
	}
	return flushed
}
