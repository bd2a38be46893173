//go:build linux

package agent

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/assaykit/assay/nemesis/agent/clock"
)

// TellTime is the argument that makes the agent's executable tell its time, once
// for each line that it reads, in nanoseconds since 1970. The agent starts itself
// so to see whether clocks can be changed here.
const TellTime = "tell-time"

// TellTimes serves until its input ends.
func TellTimes(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if _, err := fmt.Fprintln(out, time.Now().UnixNano()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// tryClock changes the clock of a child and asks it for the time.
func tryClock() error {
	if err := clock.Supported(); err != nil {
		return err
	}
	c, err := startTeller()
	if err != nil {
		return fmt.Errorf("start a process to try it on: %w", err)
	}
	return errors.Join(tryClockOf(c), c.end())
}

func tryClockOf(c *teller) error {
	for _, want := range []clock.Skew{{}, {Offset: time.Hour}, {Offset: -time.Hour}, {}} {
		if err := clock.Set(c.Process.Pid, want); err != nil {
			return err
		}
		ahead, err := c.ahead()
		if err != nil {
			return err
		}
		if (ahead - want.Offset).Abs() > time.Minute {
			return fmt.Errorf("the clock of a process is %v ahead, want %v", ahead, want.Offset)
		}
	}
	return nil
}

// teller is a process that tells its time.
type teller struct {
	*exec.Cmd
	ask    io.WriteCloser
	answer *bufio.Scanner
}

func startTeller() (*teller, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &teller{Cmd: exec.Command(self, TellTime)}
	if c.ask, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.answer = bufio.NewScanner(answers)
	if err := c.Start(); err != nil {
		return nil, err
	}
	_, err = c.ahead() // from now on it is the program that it will be
	return c, err
}

// ahead is by how much the process' clock is ahead of ours.
func (c *teller) ahead() (time.Duration, error) {
	if _, err := fmt.Fprintln(c.ask); err != nil {
		return 0, err
	}
	if !c.answer.Scan() {
		return 0, errors.Join(io.ErrUnexpectedEOF, c.answer.Err())
	}
	told, err := strconv.ParseInt(c.answer.Text(), 10, 64)
	return time.Until(time.Unix(0, told)), err
}

func (c *teller) end() error {
	return errors.Join(c.ask.Close(), c.Wait())
}
