package live_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/results/live"
)

// TestMain lets this program be the run that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("LIVE_TEST_RUN"); dir != "" {
		runForever(dir)
	}
	os.Exit(m.Run())
}

func runForever(dir string) {
	w, err := live.Create(dir)
	if err == nil {
		err = w.Write(live.Sample{Phase: "load", OK: 1})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("writing")
	time.Sleep(time.Hour) // a program in which nothing can happen any more would be ended
}

func create(t *testing.T, dir string) *live.Writer {
	t.Helper()
	w, err := live.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func write(t *testing.T, w *live.Writer, s live.Sample) {
	t.Helper()
	if err := w.Write(s); err != nil {
		t.Fatal(err)
	}
}

func TestARunIsGoingUntilItHasEnded(t *testing.T) {
	dir := t.TempDir()
	if got := live.Look(dir); got != live.Ended {
		t.Errorf("state %v before it began", got)
	}
	w := create(t, dir)
	if got := live.Look(dir); got != live.Going {
		t.Errorf("state %v while it goes on", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := live.Look(dir); got != live.Ended {
		t.Errorf("state %v after its end", got)
	}
	if _, _, err := live.Read(dir, 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read after the end: %v", err)
	}
	if err := w.Write(live.Sample{}); err == nil {
		t.Error("wrote after the end")
	}
}

func TestARunThatIsKilledIsBroken(t *testing.T) {
	dir := t.TempDir()
	run := exec.Command(os.Args[0])
	run.Env = append(os.Environ(), "LIVE_TEST_RUN="+dir)
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "writing\n" {
		t.Fatalf("the run says %q, %v", line, err)
	}
	if got := live.Look(dir); got != live.Going {
		t.Errorf("state %v while it goes on", got)
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	if got := live.Look(dir); got != live.Broken {
		t.Errorf("state %v after it was killed", got)
	}
	if got, _, err := live.Read(dir, 0); err != nil || len(got) != 1 {
		t.Errorf("%d samples are left, %v", len(got), err)
	}
}

func TestSamplesComeBackOnce(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir)
	first := live.Sample{Phase: "load", Elapsed: time.Second, Remaining: time.Minute, OK: 3, Failed: 2, Unknown: 1, PerSecond: 6,
		P50: time.Millisecond, P99: 2 * time.Millisecond, Faults: []string{"partition n1 | n2"}}
	second := live.Sample{Phase: "heal", Elapsed: 2 * time.Second}
	write(t, w, first)
	got, next, err := live.Read(dir, 0)
	if err != nil || !reflect.DeepEqual(got, []live.Sample{first}) {
		t.Fatalf("%+v, %v", got, err)
	}
	write(t, w, second)
	got, _, err = live.Read(dir, next)
	if err != nil || !reflect.DeepEqual(got, []live.Sample{second}) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestATornLineIsLeftForNextTime(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, live.File)
	if err := os.WriteFile(path, []byte("{\"phase\":\"load\"}\nnonsense\n{\"phase\":\"he"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, next, err := live.Read(dir, 0)
	if err != nil || len(got) != 1 || got[0].Phase != "load" {
		t.Fatalf("%+v, %v", got, err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString("al\"}\n"); err != nil {
		t.Fatal(err)
	}
	if got, _, err = live.Read(dir, next); err != nil || len(got) != 1 || got[0].Phase != "heal" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestWhatIsNoRegularFileIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, live.File), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := live.Look(dir); got != live.Ended {
		t.Errorf("state %v", got)
	}
	if _, _, err := live.Read(dir, 0); err == nil {
		t.Error("a pipe was read")
	}
}

func TestARunWithoutAFileGoesOn(t *testing.T) {
	var w *live.Writer
	if err := w.Write(live.Sample{}); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
