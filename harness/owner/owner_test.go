//go:build unix

package owner

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// claimVariable makes this test binary claim the run that it names, say so, and
// wait until it is killed.
const claimVariable = "OWNER_TEST_CLAIM"

func TestMain(m *testing.M) {
	if run := os.Getenv(claimVariable); run != "" {
		claimForever(run)
	}
	os.Exit(m.Run())
}

func claimForever(run string) {
	if _, err := Take(run); err != nil {
		println(err.Error())
		os.Exit(1)
	}
	println("claimed")
	os.Stdin.Read(make([]byte, 1)) // ends with the test that holds the other end
}

func TestClaimIsAliveUntilReleased(t *testing.T) {
	t.Setenv(stateVariable, t.TempDir())
	claim := take(t, "r1")
	write(t, filepath.Join(claim.Dir(), "n1", "data"))
	if !Alive("r1") {
		t.Error("a claimed run is not alive")
	}
	requireStale(t)
	if err := Remove("r1"); !errors.Is(err, ErrAlive) {
		t.Errorf("remove of a live run: got %v, want ErrAlive", err)
	}
	if _, err := Take("r1"); !errors.Is(err, ErrAlive) {
		t.Errorf("second claim: got %v, want ErrAlive", err)
	}
	for range 2 { // idempotent
		if err := claim.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if Alive("r1") {
		t.Error("a released run is alive")
	}
	requireAbsent(t, claim.Dir())
}

func TestClaimEndsWithItsProcess(t *testing.T) {
	t.Setenv(stateVariable, t.TempDir())
	kill := startOwner(t, "r1")
	live := take(t, "r2")
	if !Alive("r1") {
		t.Fatal("another process's claim is not seen")
	}
	left := filepath.Join(filepath.Dir(live.Dir()), "r1", "data")
	write(t, left)
	kill()
	if Alive("r1") {
		t.Error("the claim outlived its process")
	}
	requireStale(t, "r1")
	again := take(t, "r1")
	requireAbsent(t, left)
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
	requireStale(t)
}

func TestRemoveTakesTheFolderOfADeadRun(t *testing.T) {
	t.Setenv(stateVariable, t.TempDir())
	startOwner(t, "r1")()
	requireStale(t, "r1")
	for range 2 { // idempotent
		if err := Remove("r1"); err != nil {
			t.Fatal(err)
		}
	}
	requireStale(t)
}

func TestPlacesDiffer(t *testing.T) {
	var places []string
	for range 2 {
		t.Setenv(stateVariable, t.TempDir())
		place, err := Place()
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, place)
	}
	if places[0] == places[1] {
		t.Errorf("two folders are the same place %q", places[0])
	}
}

func TestRunNamesAreNotPaths(t *testing.T) {
	t.Setenv(stateVariable, t.TempDir())
	for _, run := range []string{"", ".", "..", "a/b", "../x", "a b", "-a"} {
		if _, err := Take(run); err == nil {
			t.Errorf("claimed run %q", run)
		}
		if Alive(run) {
			t.Errorf("run %q is alive", run)
		}
		if err := Remove(run); err == nil {
			t.Errorf("removed run %q", run)
		}
	}
}

// Whoever cleans up at the same moment must not make a new claim fail, and must
// not take the folder away from under it.
func TestClaimsSurviveCleaners(t *testing.T) {
	t.Setenv(stateVariable, t.TempDir())
	done := make(chan struct{})
	var cleaners sync.WaitGroup
	defer cleaners.Wait()
	defer close(done)
	for range 3 {
		cleaners.Go(func() { cleanUntil(done) })
	}
	for range 60 {
		claim := take(t, "r1")
		if _, err := os.Stat(filepath.Join(claim.Dir(), lockName)); err != nil {
			t.Fatal(err)
		}
		if err := claim.Release(); err != nil {
			t.Fatal(err)
		}
	}
}

func cleanUntil(done chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		if Alive("r1") {
			continue
		}
		if claim, err := tryTake("r1"); err == nil {
			claim.Release()
		}
	}
}

// tryTake is Remove without its patience, to be a worse neighbour.
func tryTake(run string) (*Claim, error) {
	dir, err := folder(run)
	if err != nil {
		return nil, err
	}
	lock, err := tryAcquire(dir)
	return &Claim{run: run, dir: dir, lock: lock}, err
}

func take(t *testing.T, run string) *Claim {
	t.Helper()
	claim, err := Take(run)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { claim.Release() })
	return claim
}

// startOwner claims the run in another process and returns a function that
// kills that process.
func startOwner(t *testing.T, run string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), claimVariable+"="+run)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	t.Cleanup(kill)
	if line, err := bufio.NewReader(stderr).ReadString('\n'); line != "claimed\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return kill
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func requireStale(t *testing.T, want ...string) {
	t.Helper()
	got, err := Stale()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("stale runs: got %v, %v, want %v", got, err, want)
	}
}

func requireAbsent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", path, err)
	}
}
