//go:build linux && amd64

package clock

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// teller is a process that tells its time whenever it is asked.
type teller struct {
	*exec.Cmd
	ask    io.Writer
	answer *bufio.Scanner
}

// tellsTime makes this test's executable a teller.
const tellsTime = "ASSAY_TEST_TELLS_TIME"

func TestMain(m *testing.M) {
	if os.Getenv(tellsTime) == "" {
		os.Exit(m.Run())
	}
	began := time.Now()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		// The wall clock, and how much the monotonic one has gone on.
		fmt.Println(time.Now().UnixNano(), time.Since(began).Nanoseconds())
	}
}

// need is the path of a program. A machine that is meant to try everything says so
// by ASSAY_DOCKER=1; there it is missing, elsewhere the test is left out.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("ASSAY_DOCKER") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return path
}

func startTeller(t *testing.T, name string, arguments ...string) *teller {
	t.Helper()
	c := exec.Command(name, arguments...)
	c.Env = append(os.Environ(), tellsTime+"=yes")
	ask, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ask.Close()
		_ = c.Wait()
	})
	teller := &teller{c, ask, bufio.NewScanner(answer)}
	teller.offset(t) // it runs
	return teller
}

func startGo(t *testing.T) *teller {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startTeller(t, self)
}

// numbers are the teller's answer to one question.
func (c *teller) numbers(t *testing.T) []int64 {
	t.Helper()
	if _, err := fmt.Fprintln(c.ask); err != nil {
		t.Fatal(err)
	}
	if !c.answer.Scan() {
		t.Fatalf("%s has gone: %v", c.Path, c.answer.Err())
	}
	var all []int64
	for _, field := range strings.Fields(c.answer.Text()) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// offset is by how much the teller's time is ahead of ours.
func (c *teller) offset(t *testing.T) time.Duration {
	t.Helper()
	before := time.Now().UnixNano()
	told := c.numbers(t)[0]
	after := time.Now().UnixNano()
	return time.Duration(told - before/2 - after/2)
}

// close says that two durations differ by less than a busy machine explains.
func near(a, b time.Duration) bool { return (a - b).Abs() < 500*time.Millisecond }

func set(t *testing.T, c *teller, s Skew) {
	t.Helper()
	if err := Set(c.Process.Pid, s); err != nil {
		t.Fatal(err)
	}
	if holds, err := Holds(c.Process.Pid, s); err != nil || !holds {
		t.Errorf("the skew %+v holds: %v, %v", s, holds, err)
	}
}

func TestTheTimeOfOneProcessJumps(t *testing.T) {
	c, bystander := startGo(t), startGo(t)
	for _, offset := range []time.Duration{time.Hour + time.Millisecond, -30 * time.Second, 0, 24 * 365 * time.Hour, -time.Nanosecond} {
		set(t, c, Skew{Offset: offset})
		if got := c.offset(t); !near(got, offset) {
			t.Errorf("the process is %v ahead, want %v", got, offset)
		}
		if got := bystander.offset(t); !near(got, 0) {
			t.Errorf("another process is %v ahead", got)
		}
	}
	set(t, c, Skew{})
	if got := c.offset(t); !near(got, 0) {
		t.Errorf("healed, the process is %v ahead", got)
	}
	if holds, err := Holds(bystander.Process.Pid, Skew{}); !holds || err != nil {
		t.Errorf("another process was touched: %v, %v", holds, err)
	}
}

func TestTheMonotonicClockGoesOn(t *testing.T) {
	c := startGo(t)
	before := time.Duration(c.numbers(t)[1])
	set(t, c, Skew{Offset: -24 * time.Hour})
	after := time.Duration(c.numbers(t)[1])
	if passed := after - before; passed < 0 || passed > time.Minute {
		t.Errorf("its monotonic clock went on by %v", passed)
	}
}

func TestAClockDriftsAndStandsStill(t *testing.T) {
	c := startGo(t)
	since := time.Now().Add(-1000 * time.Second)
	set(t, c, Skew{Drift: 10_000, Since: since}) // 1 % of 1000 s
	if got := c.offset(t); !near(got, 10*time.Second) {
		t.Errorf("a fast clock is %v ahead, want 10s", got)
	}
	set(t, c, Skew{Drift: -500_000, Since: since, Offset: time.Minute})
	if got := c.offset(t); !near(got, time.Minute-500*time.Second) {
		t.Errorf("a slow clock is %v ahead, want -440s", got)
	}
	stood := time.Now()
	set(t, c, Skew{Drift: Frozen, Since: stood})
	for range 3 {
		if got := time.Unix(0, c.numbers(t)[0]); !near(got.Sub(stood), 0) || got.Sub(stood).Abs() > time.Millisecond {
			t.Errorf("a clock that stands still went on by %v", got.Sub(stood))
		}
		time.Sleep(20 * time.Millisecond)
	}
	if want := (Skew{Drift: 10_000, Since: since}).At(since.Add(100 * time.Second)); want.Sub(since) != 101*time.Second {
		t.Errorf("At tells %v", want.Sub(since))
	}
}

func TestProgramsInCAreMovedToo(t *testing.T) {
	python := need(t, "python3")
	c := startTeller(t, python, "-u", "-c", `
import sys, time, datetime
for line in sys.stdin:
    print(time.time_ns(), int(time.clock_gettime(5) * 1e9), int(datetime.datetime.now().timestamp() * 1e9))`)
	set(t, c, Skew{Offset: -time.Hour})
	now := time.Now().UnixNano()
	for i, told := range c.numbers(t) {
		if got := time.Duration(told - now); !near(got, -time.Hour) {
			t.Errorf("clock %d of a C program is %v ahead", i, got)
		}
	}
}

func TestAChildIsMovedUntilItBecomesAnotherProgram(t *testing.T) {
	shell := need(t, "sh")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := startTeller(t, shell, "-c", `read line; echo 0 0; read line; exec "`+self+`"`)
	set(t, c, Skew{Offset: time.Hour})
	fmt.Fprintln(c.ask)
	if got := c.offset(t); !near(got, 0) {
		t.Errorf("a new program is %v ahead", got)
	}
	if holds, err := Holds(c.Process.Pid, Skew{Offset: time.Hour}); holds || err != nil {
		t.Errorf("the skew holds: %v, %v", holds, err)
	}
	set(t, c, Skew{Offset: time.Hour})
	if got := c.offset(t); !near(got, time.Hour) {
		t.Errorf("set again, it is %v ahead", got)
	}
}

// Threads that read the clock all the time are in the midst of the code that is
// changed, and of the hook while its parameters change.
func TestBusyProcessesSurvive(t *testing.T) {
	busy := need(t, "python3")
	for range 5 {
		c := startTeller(t, busy, "-u", "-c", `
import sys, threading, time
bad = []
def spin():
    last = time.time()
    while True:
        now = time.time()
        if not -7300 < now - last < 7300: bad.append(now - last)
        last = now
for _ in range(4): threading.Thread(target=spin, daemon=True).start()
for line in sys.stdin: print(time.time_ns(), len(bad))`)
		for i := range 100 {
			set(t, c, Skew{Offset: time.Duration(i%3-1) * time.Hour})
		}
		if told := c.numbers(t); told[1] != 0 {
			t.Errorf("%d times the time jumped by what nobody had asked for", told[1])
		}
	}
}

func TestAProcessThatIsNoneIsAnError(t *testing.T) {
	c := startGo(t)
	pid := c.Process.Pid
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Process.Wait()
	if err := Set(pid, Skew{Offset: time.Hour}); err == nil || !strings.Contains(err.Error(), fmt.Sprint("process ", pid)) {
		t.Errorf("the clock of a process that has ended: %v", err)
	}
}

func TestTheHookIsItsSource(t *testing.T) {
	for _, tool := range []string{"as", "objcopy"} {
		need(t, tool)
	}
	dir := t.TempDir()
	object, code := filepath.Join(dir, "hook.o"), filepath.Join(dir, "hook.bin")
	for _, command := range [][]string{{"as", "-o", object, "hook.asm"}, {"objcopy", "-O", "binary", "-j", ".text", object, code}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	assembled, err := os.ReadFile(code)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(assembled, hookCode) {
		t.Error("hook.bin is not what hook.asm assembles to; run go generate")
	}
}

func BenchmarkSet(b *testing.B) {
	c := exec.Command("sleep", "1000")
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	for errors.Is(Set(c.Process.Pid, Skew{Offset: time.Second}), ErrNoVDSO) {
		time.Sleep(time.Millisecond) // it is not yet the program that it will be
	}
	for i := 0; b.Loop(); i++ {
		if err := Set(c.Process.Pid, Skew{Offset: time.Duration(i+1) * time.Second}); err != nil {
			b.Fatal(err)
		}
	}
}
