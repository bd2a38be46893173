//go:build unix

package lines

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// safeBuffer is written by one goroutine and read by another.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func shell(t *testing.T, script string) (*Process, *safeBuffer) {
	t.Helper()
	var stderr safeBuffer
	p, err := Start(Command{Args: []string{"sh", "-c", script}, Stderr: &stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p, &stderr
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestLinesGoThereAndBack(t *testing.T) {
	p, stderr := shell(t, `while read -r line; do echo "got $line"; echo "note $line" >&2; done`)
	for _, word := range []string{"one", "two", "three"} {
		if err := p.Send(within(t, 5*time.Second), []byte(word)); err != nil {
			t.Fatal(err)
		}
		line, err := p.Receive(within(t, 5*time.Second))
		if err != nil || string(line) != "got "+word {
			t.Fatalf("%q, %v", line, err)
		}
	}
	if !p.Close(5 * time.Second) {
		t.Error("it did not end with its input")
	}
	if got := stderr.String(); got != "note one\nnote two\nnote three\n" {
		t.Errorf("standard error: %q", got)
	}
}

func TestAProgramThatDiesIsToldWithItsStatus(t *testing.T) {
	p, _ := shell(t, `read -r line; exit 7`)
	if err := p.Send(within(t, 5*time.Second), []byte("x")); err != nil {
		t.Fatal(err)
	}
	_, err := p.Receive(within(t, 5*time.Second))
	if err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Fatalf("error %v", err)
	}
	<-p.Exited()
	if err := p.Send(within(t, time.Second), []byte("y")); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("sent to the dead: %v", err)
	}
}

func TestAProgramThatDoesNotReadHoldsUpNobody(t *testing.T) {
	p, _ := shell(t, `sleep 1000`)
	began := time.Now()
	err := p.Send(within(t, 300*time.Millisecond), bytes.Repeat([]byte("x"), 1<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

func TestALineThatIsTooLongOrTornIsAnError(t *testing.T) {
	p, _ := shell(t, `head -c 20000000 /dev/zero`)
	if _, err := p.Receive(within(t, 10*time.Second)); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("too long: %v", err)
	}
	p, _ = shell(t, `printf '{"torn":'`)
	if _, err := p.Receive(within(t, 10*time.Second)); err == nil {
		t.Error("a torn line was taken for one")
	}
}

// TestWhateverAProgramStartedEndsWithIt starts grandchildren that ignore everything
// they can, and keep the pipes open.
func TestWhateverAProgramStartedEndsWithIt(t *testing.T) {
	for _, end := range []struct {
		name   string
		script string
		how    func(*Process)
	}{
		{"killed", `(trap '' TERM HUP INT; echo $BASHPID $(sh -c 'echo $PPID'); exec sleep 1000) & sleep 1000`, (*Process).Kill},
		{"deaf to its input", `(trap '' TERM HUP INT; sh -c 'echo $PPID'; sleep 1000) & sleep 1000`, func(p *Process) {
			if p.Close(100 * time.Millisecond) {
				t.Error("it cannot have ended by itself")
			}
		}},
		{"ended before its child", `(trap '' TERM HUP INT; sh -c 'echo $PPID'; sleep 1000) & read -r line`, func(p *Process) { p.Close(5 * time.Second) }},
	} {
		t.Run(end.name, func(t *testing.T) {
			p, _ := shell(t, end.script)
			line, err := p.Receive(within(t, 5*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Fields(string(line))
			grandchild, err := strconv.Atoi(words[len(words)-1])
			if err != nil {
				t.Fatal(err)
			}
			end.how(p)
			for deadline := time.Now().Add(5 * time.Second); running(grandchild); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("process %d is left", grandchild)
				}
			}
		})
	}
}

// running says whether a process does anything any more.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestAProgramThatIsNotThereIsNamed(t *testing.T) {
	_, err := Start(Command{Args: []string{"./no-such-program"}})
	if err == nil || !strings.Contains(err.Error(), "./no-such-program") {
		t.Errorf("error %v", err)
	}
}

// TestAFloodIsHeldBack lets a program print without end, and kills it.
func TestAFloodIsHeldBack(t *testing.T) {
	p, _ := shell(t, `yes`)
	if _, err := p.Receive(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { p.Close(200 * time.Millisecond); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("closing it hangs")
	}
}
