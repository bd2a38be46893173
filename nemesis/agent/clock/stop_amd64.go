//go:build linux

package clock

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// stopped are the threads of a process while a debugger holds them.
type stopped struct {
	pid     int
	threads []int
}

// whileStopped calls f while all threads of a process are held. It runs on a
// thread that ends afterwards, which lets go of them whatever happens.
func whileStopped(pid int, f func(*stopped) error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: see above
		s := &stopped{pid: pid}
		err := s.stop()
		if err == nil {
			err = f(s)
		}
		for _, thread := range s.threads {
			// One that has ended in between needs no letting go.
			_ = unix.PtraceDetach(thread)
		}
		done <- err
	}()
	return <-done
}

// patience is how long a thread may take to stop. One of a frozen container does
// not stop at all.
const patience = 500 * time.Millisecond

// stop holds all threads, also those that others start in the meantime.
func (s *stopped) stop() error {
	held := map[int]bool{}
	for {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", s.pid))
		if err != nil {
			return err
		}
		before := len(held)
		for _, task := range tasks {
			thread, err := strconv.Atoi(task.Name())
			if err != nil || held[thread] {
				continue
			}
			held[thread] = true
			if err := s.hold(thread); err != nil {
				return fmt.Errorf("stop thread %d: %w", thread, err)
			}
		}
		if len(held) == before {
			return nil
		}
	}
}

// hold stops one thread. One that has ended is none.
func (s *stopped) hold(thread int) error {
	if err := unix.PtraceSeize(thread); err != nil {
		return unlessGone(err)
	}
	s.threads = append(s.threads, thread)
	if err := unix.PtraceInterrupt(thread); err != nil {
		return unlessGone(err)
	}
	return unlessGone(await(thread))
}

func unlessGone(err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ECHILD) {
		return nil
	}
	return err
}

// await waits until a thread has stopped, or ended.
func await(thread int) error {
	for until := time.Now().Add(patience); ; time.Sleep(50 * time.Microsecond) {
		var status unix.WaitStatus
		n, err := unix.Wait4(thread, &status, unix.WALL|unix.WNOHANG, nil)
		if n == thread || err != nil && err != unix.EINTR {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("it does not stop within %v; is it frozen?", patience)
		}
	}
}

// mostSteps bounds how far a thread is led out of code that is to be changed.
const mostSteps = 5000

// leave steps each thread on until it stands nowhere within the spans.
func (s *stopped) leave(spans []span) error {
	for _, thread := range s.threads {
		if err := unlessGone(lead(thread, spans)); err != nil {
			return fmt.Errorf("lead thread %d out of the vDSO: %w", thread, err)
		}
	}
	return nil
}

func lead(thread int, out []span) error {
	for range mostSteps {
		var at unix.PtraceRegs
		if err := unix.PtraceGetRegs(thread, &at); err != nil {
			return err
		}
		if !inside(at.Rip, out) {
			return nil
		}
		if err := unix.PtraceSingleStep(thread); err != nil {
			return err
		}
		if err := await(thread); err != nil {
			return err
		}
	}
	return errors.New("it does not leave it")
}

func inside(at uint64, spans []span) bool {
	for _, s := range spans {
		if at > s.start && at < s.end {
			return true
		}
	}
	return false
}
