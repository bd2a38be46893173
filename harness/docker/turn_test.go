package docker

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"
)

// turnVariable makes this program take a turn and say so, until its input ends.
const turnVariable = "ASSAY_TEST_TURN"

func holdTurn() {
	e, err := nobody()
	if err != nil {
		panic(err)
	}
	if err := e.inTurn(context.Background(), func() error {
		os.Stdout.WriteString("mine\n")
		_, err := os.Stdin.Read(make([]byte, 1))
		return err
	}); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// nobody is an engine that is never spoken to.
func nobody() (*Engine, error) {
	api, err := client.NewClientWithOpts(client.WithHost("unix:///nobody.sock"))
	return &Engine{api: api}, err
}

// Another process waits for its turn, and has it as soon as the first one is killed.
func TestProcessesTakeTurns(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	e, err := nobody()
	if err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), turnVariable+"=1")
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	said, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	word := make([]byte, 5)
	if _, err := said.Read(word); err != nil || strings.TrimSpace(string(word)) != "mine" {
		t.Fatalf("the other process says %q, %v", word, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if lock, err := e.awaitTurn(ctx); err == nil {
		lock.Close()
		t.Error("two processes had their turn at once")
	}
	mine := make(chan error, 1)
	go func() { mine <- e.inTurn(t.Context(), func() error { return nil }) }()
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-mine:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(waiting / 2):
		t.Error("the turn of a process that is dead does not end")
	}
	_ = other.Wait() // it was killed
}

// Where there is no place for a lock things are done all the same.
func TestWithoutATurnThingsAreDone(t *testing.T) {
	t.Setenv("TMPDIR", "/absent")
	e, err := nobody()
	if err != nil {
		t.Fatal(err)
	}
	done := false
	if err := e.inTurn(t.Context(), func() error { done = true; return nil }); err != nil || !done {
		t.Errorf("done %v, %v", done, err)
	}
}
