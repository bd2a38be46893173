package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/results"
)

// patience is how long a test waits for something that happens in seconds on a
// machine that is not busy.
const patience = 2 * time.Minute

func TestInterruptedOnceChecksWhatThereIs(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			p := start(t, "--time", "10m")
			p.await("load  ")
			p.signal(sig)
			p.await("stopping: healing, checking what there is and reporting (again to leave at once)")
			// So early, it depends on the machine whether the run proves anything.
			if code := p.wait(); code != exit.Valid && code != exit.Unknown {
				t.Errorf("exit code %d", code)
			}
			p.expectOutput("Interrupted: ")
			dir := p.latest()
			if _, err := os.Stat(filepath.Join(dir, results.ReportFile)); err != nil {
				t.Error(err)
			}
			if !interrupted(t, dir) {
				t.Error("run.json does not tell that the run was interrupted")
			}
		})
	}
}

func TestInterruptedTwiceLeavesAtOnce(t *testing.T) {
	p := start(t, "--time", "10m", "--settle", "10m")
	p.await("load  ")
	p.signal(syscall.SIGINT)
	p.await("stopping: ")
	p.signal(syscall.SIGINT)
	p.await("left at once; 'assay clean' removes what is left")
	if code := p.wait(); code != exit.Abandoned {
		t.Errorf("exit code %d, want %d", code, exit.Abandoned)
	}

	if out := p.assay("clean"); !strings.Contains(out, "folders: 1 removed") {
		t.Errorf("clean says\n%s", out)
	}
	if out := p.assay("clean"); !strings.Contains(out, "folders: 0 removed") {
		t.Errorf("clean, again, says\n%s", out)
	}
	// The history so far can be judged; whether it proves anything is open.
	p.assay("check", p.latest())
}

// A terminal sends Ctrl-C to all processes in front of it, also to the run that the
// catalogue has started, which is asked to stop by the catalogue, too. Twice would mean
// that it leaves its nodes behind. Two equal signals may become one; these two do not.
func TestInterruptedCatalogueStopsItsRunInOrder(t *testing.T) {
	withoutEngine := append(os.Environ(), "DOCKER_HOST=unix://"+filepath.Join(t.TempDir(), "none"))
	p := launch(t, withoutEngine, "catalogue", "run", "demo-stale-reads", "--seeds", "1")
	folder := filepath.Join(p.dir, "results", "demo-stale-reads", "seed-1", "latest")
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if info, err := os.Stat(filepath.Join(folder, "history.jsonl")); err == nil && info.Size() > 0 {
			break
		}
		if time.Since(began) > patience {
			t.Fatal("the run did not begin")
		}
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.await("interrupted: the table has the runs that had come to their end")
	if code := p.wait(); code != exit.Infrastructure {
		t.Errorf("exit code %d, want %d", code, exit.Infrastructure)
	}
	if !interrupted(t, folder) {
		t.Error("run.json does not tell that the run was interrupted")
	}
	if out := p.assay("clean"); !strings.Contains(out, "folders: 0 removed") {
		t.Errorf("clean says\n%s", out)
	}
}

// Nobody has waited for the two minutes that a cluster may take.
func TestInterruptedSetUpIsNotCalledATimeout(t *testing.T) {
	p := start(t, "--time", "10m")
	p.await("n1: started ")
	p.signal(syscall.SIGINT)
	p.wait() // as it should, or with a verdict where the nodes were ready already
	if text := strings.Join(p.seen, "\n"); strings.Contains(text, "did not become ready") {
		t.Error("an interrupted set-up is called a timeout")
	}
}

func TestKilledRunCanBeJudgedAndCleanedUp(t *testing.T) {
	p := start(t, "--time", "10m")
	p.await("load  ")
	p.await("load  ") // five seconds later, with operations flushed to disk
	p.signal(syscall.SIGKILL)
	p.wait()
	if out := p.assay("check", p.latest()); !strings.Contains(out, "no final reads") {
		t.Errorf("check says\n%s", out)
	}
	if out := p.assay("clean"); !strings.Contains(out, "folders: 1 removed") {
		t.Errorf("clean says\n%s", out)
	}
}

// process is an assay that runs on its own, in a folder of its own.
type process struct {
	t      *testing.T
	dir    string
	env    []string
	cmd    *exec.Cmd
	stdout bytes.Buffer
	lines  chan string
	seen   []string
}

// start starts a test of the demo without faults as child processes.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	withoutEngine := append(os.Environ(), "DOCKER_HOST=unix://"+filepath.Join(t.TempDir(), "none"))
	return launch(t, withoutEngine, append([]string{"test", "demo", "--runtime", "local", "--nemesis", "none"}, args...)...)
}

// launch starts assay with a state of its own.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, dir: t.TempDir(), lines: make(chan string, 10_000)}
	p.env = append(env, "ASSAY_STATE="+p.state())
	p.cmd = p.command(args...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does
	p.cmd.Stdout = &p.stdout
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
	})
	go p.read(stderr)
	return p
}

func (p *process) state() string { return filepath.Join(p.dir, "state") }

func (p *process) command(args ...string) *exec.Cmd {
	cmd := exec.Command("assay", args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	return cmd
}

func (p *process) read(stderr io.Reader) {
	defer close(p.lines)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		p.lines <- lines.Text()
	}
}

// await waits for a line on standard error that holds the text.
func (p *process) await(text string) {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, more := <-p.lines:
			p.seen = append(p.seen, line)
			if strings.Contains(line, text) {
				return
			}
			if !more {
				p.t.Fatalf("ended without %q:\n%s", text, strings.Join(p.seen, "\n"))
			}
		case <-late:
			p.t.Fatalf("no %q in %s:\n%s", text, patience, strings.Join(p.seen, "\n"))
		}
	}
}

func (p *process) signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the end and returns the exit code.
func (p *process) wait() int {
	p.t.Helper()
	late := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	for line := range p.lines {
		p.seen = append(p.seen, line)
	}
	p.cmd.Wait()
	p.t.Logf("standard error:\n%s\nstandard output:\n%s", strings.Join(p.seen, "\n"), &p.stdout)
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) expectOutput(text string) {
	p.t.Helper()
	if !strings.Contains(p.stdout.String(), text) {
		p.t.Errorf("standard output does not say %q", text)
	}
}

// assay runs a further command in the same folder; what it judges is not the
// matter, but it has to work.
func (p *process) assay(args ...string) string {
	p.t.Helper()
	cmd := p.command(args...)
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exit.Valid && code != exit.Unknown {
		p.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (p *process) latest() string {
	p.t.Helper()
	dir, err := filepath.EvalSymlinks(filepath.Join(p.dir, "results", "latest"))
	if err != nil {
		p.t.Fatal(err)
	}
	return dir
}

func interrupted(t *testing.T, dir string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, results.RunFile))
	if err != nil {
		t.Fatal(err)
	}
	var run results.Run
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	return run.Interrupted
}
