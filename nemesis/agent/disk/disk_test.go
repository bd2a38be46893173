//go:build linux

package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// mounted puts a layer over a new folder of this process, and returns the path at
// which programs see it, and a path at which what lies below is seen.
func mounted(t testing.TB) (m *Mount, over, below string) {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("ASSAY_DOCKER") != "" {
			t.Fatal("only root can mount file systems")
		}
		t.Skip("only root can mount file systems")
	}
	below, over = t.TempDir(), filepath.Join(t.TempDir(), "over")
	if err := os.Mkdir(over, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(below, over, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(over, unix.MNT_DETACH) })
	m, err := New(os.Getpid(), over, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Place(os.Getpid()); err != nil {
		t.Fatal(err)
	}
	if err := otherwise(polls, over+"/polled"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Unmount(over, unix.MNT_DETACH)
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, over, below
}

func create(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t testing.TB, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func fsync(t testing.TB, f *os.File) {
	t.Helper()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

func requireContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %.40q, %v, want %.40q", filepath.Base(path), got, err, want)
	}
}

func fail(t *testing.T, m *Mount, torn bool) Loss {
	t.Helper()
	loss, err := m.Fail(torn)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

func TestAPowerFailureTakesWhatWasNotSynced(t *testing.T) {
	m, over, below := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "synced ")
	fsync(t, f)
	write(t, f, "not")
	requireContent(t, over+"/log", "synced not")
	requireContent(t, below+"/log", "synced ")
	if info, err := os.Stat(over + "/log"); err != nil || info.Size() != 10 {
		t.Errorf("the file is %v long, %v", info.Size(), err)
	}
	f.Close()
	requireContent(t, over+"/log", "synced not") // closing loses nothing
	if loss := fail(t, m, false); loss != (Loss{Files: 1, Lost: 1}) {
		t.Errorf("the power failure took %+v", loss)
	}
	requireContent(t, over+"/log", "synced ")
	requireContent(t, below+"/log", "synced ")
	if loss := fail(t, m, false); loss != (Loss{}) {
		t.Errorf("a second power failure took %+v", loss)
	}
}

func TestProgramsOfAnEarlierLifeWriteNothing(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/log")
	fail(t, m, false)
	write(t, f, "late")
	fsync(t, f)
	requireContent(t, over+"/log", "")
}

func TestSyncedWritesAreDurableAtOnce(t *testing.T) {
	for name, flag := range map[string]int{"O_SYNC": syscall.O_SYNC, "O_DSYNC": syscall.O_DSYNC} {
		m, over, _ := mounted(t)
		f, err := os.OpenFile(over+"/log", os.O_CREATE|os.O_WRONLY|flag, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		write(t, f, name)
		f.Close()
		fail(t, m, false)
		requireContent(t, over+"/log", name)
	}
}

// The package says so. A kernel that tells file systems of these would be good news.
func TestSyncsOfWholeFileSystemsAreNotHeardOf(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "synced ")
	fsync(t, f)
	write(t, f, "synced with all others")
	if err := otherwise(syncs, over); err != nil {
		t.Fatal(err)
	}
	f.Close()
	fail(t, m, false)
	requireContent(t, over+"/log", "synced ")
}

// Some things cannot be done by the process that serves the file system, because
// the thread that waits for an answer looks to its runtime as if it were busy. This
// test's executable does them in another process, if one of these is set to a path.
const (
	// polls opens a file and asks whether it is ready. It is told that it need not
	// ask, which the kernel then knows for all processes.
	polls = "ASSAY_TEST_POLLS"
	// maps writes to a file that it maps into its memory.
	maps = "ASSAY_TEST_MAPS"
	// syncs makes all files of a file system durable, as far as that goes.
	syncs = "ASSAY_TEST_SYNCS"
)

func TestMain(m *testing.M) {
	for what, do := range map[string]func(string) error{polls: pollFile, maps: writeMapped, syncs: syncAll} {
		if path := os.Getenv(what); path != "" {
			if err := do(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(m.Run())
}

// otherwise does one of these things with a path.
func otherwise(what, path string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), what+"="+path)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func pollFile(path string) error {
	f, err := os.Create(path) // the runtime polls what it opens
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(path))
}

func writeMapped(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(2 * pageSize); err != nil {
		return err
	}
	memory, err := unix.Mmap(int(f.Fd()), 0, 2*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	copy(memory, "synced")
	if err := unix.Msync(memory, unix.MS_SYNC); err != nil {
		return err
	}
	copy(memory[pageSize:], "lost")
	return unix.Munmap(memory)
}

func syncAll(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Syncfs(int(f.Fd()))
}

func TestWhatIsMappedIsLostAndSyncedLikeTheRest(t *testing.T) {
	m, over, _ := mounted(t)
	if err := otherwise(maps, over+"/map"); err != nil {
		t.Fatal(err)
	}
	fail(t, m, false)
	requireContent(t, over+"/map", "synced"+string(make([]byte, 2*pageSize-6)))
}

func TestATornWriteKeepsPagesAndBeginningsOfPages(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/data")
	const all = 200
	for range all {
		write(t, f, string(bytes.Repeat([]byte{'x'}, pageSize)))
	}
	f.Close()
	loss := fail(t, m, true)
	if loss.Kept < all/4 || loss.Lost < all/4 || loss.Kept+loss.Lost != all {
		t.Errorf("of %d pages %d were kept and %d lost", all, loss.Kept, loss.Lost)
	}
	data, err := os.ReadFile(over + "/data")
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(data, []byte{'x'}); n%sectorSize != 0 || n%pageSize == 0 {
		t.Errorf("%d bytes were kept, which are no sectors, or whole pages only", n)
	}
}

func TestALyingSyncLosesWhatItAcknowledged(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/log")
	m.Set(Faults{Lies: true})
	write(t, f, "acknowledged")
	fsync(t, f)
	f.Close()
	fail(t, m, false)
	requireContent(t, over+"/log", "")
	if c := m.Counts(); c.Lied != 1 || c.Syncs != 1 {
		t.Errorf("counted %+v", c)
	}
}

func TestAFailedSyncIsNotMadeGoodByTheNextOne(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "lost")
	m.Set(Faults{SyncFails: 1})
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("the sync: %v", err)
	}
	m.Set(Faults{})
	fsync(t, f)
	requireContent(t, over+"/log", "lost")
	f.Close()
	fail(t, m, false)
	requireContent(t, over+"/log", "")
}

// A kernel may let go at any time what a failed sync gave up; between two lives of a
// program it does.
func TestWhatAFailedSyncGaveUpIsGoneAfterARestart(t *testing.T) {
	m, over, below := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "synced ")
	fsync(t, f)
	write(t, f, "given up")
	m.Set(Faults{SyncFails: 1})
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("the sync: %v", err)
	}
	m.Set(Faults{})
	f.Close()
	requireContent(t, over+"/log", "synced given up")
	m.Evict()
	requireContent(t, over+"/log", "synced ")
	requireContent(t, below+"/log", "synced ")
}

func TestFilesMayBeChangedBelowOnceAllIsSettled(t *testing.T) {
	m, over, below := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "written")
	if err := m.Settle(); err != nil {
		t.Fatal(err)
	}
	requireContent(t, below+"/log", "written")
	write(t, f, " late") // by a program that has ended
	f.Close()
	if err := os.WriteFile(below+"/log", []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	requireContent(t, over+"/log", "changed")
	requireContent(t, m.Below()+"/log", "changed")
	if n := m.Unsynced(); n != 0 {
		t.Errorf("%d pages are not synced", n)
	}
}

func TestALayerIsSeenWhereItIs(t *testing.T) {
	m, over, below := mounted(t)
	if covers, err := m.Covers(os.Getpid()); err != nil || !covers {
		t.Errorf("it covers its path: %v, %v", covers, err)
	}
	if err := os.WriteFile(below+"/file", []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := m.Read("file"); err != nil || n != 4 {
		t.Errorf("read %d bytes, %v", n, err)
	}
	m.Set(Faults{ReadFails: 1})
	if _, err := m.Read("file"); !errors.Is(err, syscall.EIO) {
		t.Errorf("reading: %v", err)
	}
	m.Set(Faults{})
	if err := unix.Unmount(over, unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	if covers, err := m.Covers(os.Getpid()); err != nil || covers {
		t.Errorf("it covers its path after it was taken away: %v, %v", covers, err)
	}
}

func TestTheLastMountAtAPathCounts(t *testing.T) {
	const (
		volume = "36 35 98:0 /v /data rw,noatime master:1 - ext4 /dev/root rw\n"
		layer  = "37 36 0:47 / /data rw,nosuid,nodev - fuse assay rw,user_id=0\n"
		other  = "38 36 0:48 / /data/sub rw - fuse assay rw\n"
		wrong  = "39 36 0:49 / /data rw - fuse sshfs rw\n"
	)
	for mounts, want := range map[string]bool{
		"": false, volume: false, volume + layer: true, layer + volume: false, volume + other: false, wrong: false, volume + layer + other: true, "short": false,
	} {
		if got := Covered(mounts, "/data"); got != want {
			t.Errorf("%q: %v", mounts, got)
		}
	}
}

func TestDisksFailFillUpAndHeal(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "before")
	for _, c := range []struct {
		faults Faults
		do     func() error
		want   error
	}{
		{Faults{WriteFails: 1}, func() error { _, err := f.WriteString("x"); return err }, syscall.EIO},
		{Faults{ReadFails: 1}, func() error { _, err := os.ReadFile(over + "/log"); return err }, syscall.EIO},
		{Faults{Full: true}, func() error { _, err := f.WriteString("x"); return err }, syscall.ENOSPC},
		{Faults{Full: true}, func() error { return os.WriteFile(over+"/new", nil, 0o644) }, syscall.ENOSPC},
		{Faults{Full: true}, func() error { return os.Mkdir(over+"/folder", 0o755) }, syscall.ENOSPC},
		{Faults{Full: true}, func() error { return os.Symlink("log", over+"/link") }, syscall.ENOSPC},
	} {
		m.Set(c.faults)
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("under %+v: got %v, want %v", c.faults, err, c.want)
		}
	}
	m.Set(Faults{})
	write(t, f, " after")
	requireContent(t, over+"/log", "before after")
	if c := m.Counts(); c.Failed < 2 || c.Refused != 4 { // the kernel may read again
		t.Errorf("counted %+v", c)
	}
}

func TestABitFlips(t *testing.T) {
	m, over, below := mounted(t)
	if err := os.WriteFile(over+"/data", make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	m.Set(Faults{Flips: 1})
	f, err := os.Open(over + "/data")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data := make([]byte, 1000)
	if _, err := io.ReadFull(f, data); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(data, []byte{0}) != 999 {
		t.Errorf("%d bytes are wrong", 1000-bytes.Count(data, []byte{0}))
	}
	m.Set(Faults{})
	requireContent(t, over+"/data", string(make([]byte, 1000)))
	fail(t, m, false)
	requireContent(t, below+"/data", "")
}

func TestASlowDiskIsSlow(t *testing.T) {
	m, over, _ := mounted(t)
	f := create(t, over+"/log")
	m.Set(Faults{Delay: 30 * time.Millisecond, SyncDelay: 100 * time.Millisecond})
	began := time.Now()
	write(t, f, "x")
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("a write took %v", took)
	}
	began = time.Now()
	fsync(t, f)
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("a sync took %v", took)
	}
	if c := m.Counts(); c.Delayed < 2 {
		t.Errorf("counted %+v", c)
	}
}

func TestOldPagesAreFlushedUnasked(t *testing.T) {
	m, over, below := mounted(t)
	f := create(t, over+"/log")
	write(t, f, "old")
	for _, in := range m.all() {
		in.flush(time.Now().Add(time.Second))
	}
	requireContent(t, below+"/log", "old")
	fail(t, m, false)
	requireContent(t, over+"/log", "old")
}

// What programs do to files through the layer has to be what they do without it,
// and after a power failure a file has to be as it was at its last sync or at some
// write since, page by page.
func TestFilesAreAsWithoutTheLayer(t *testing.T) {
	m, over, _ := mounted(t)
	plain := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		name := fmt.Sprintf("/file%d", round)
		a, b := create(t, over+name), create(t, plain+name)
		durable := []byte{}
		for range 60 {
			switch random.IntN(8) {
			case 0:
				size := random.Int64N(5 * pageSize)
				if err := errors.Join(a.Truncate(size), b.Truncate(size)); err != nil {
					t.Fatal(err)
				}
				durable = read(t, plain+name)
			case 1:
				fsync(t, a)
				durable = read(t, plain+name)
			default:
				data := bytes.Repeat([]byte{byte('a' + random.IntN(26))}, 1+random.IntN(2*pageSize))
				at := random.Int64N(4 * pageSize)
				_, errA := a.WriteAt(data, at)
				_, errB := b.WriteAt(data, at)
				if err := errors.Join(errA, errB); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := read(t, over+name), read(t, plain+name); !bytes.Equal(got, want) {
				t.Fatalf("round %d: the files differ", round)
			}
		}
		a.Close()
		fail(t, m, false)
		if got := read(t, over+name); !bytes.Equal(got, durable) {
			t.Fatalf("round %d: after a power failure %d bytes, want the %d of the last sync", round, len(got), len(durable))
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestNamesAreKeptAndMoved(t *testing.T) {
	m, over, below := mounted(t)
	f := create(t, over+"/new")
	write(t, f, "content")
	fsync(t, f)
	f.Close()
	if err := errors.Join(os.Mkdir(over+"/folder", 0o755), os.Rename(over+"/new", over+"/folder/old"),
		os.Link(over+"/folder/old", over+"/second")); err != nil {
		t.Fatal(err)
	}
	fail(t, m, false)
	requireContent(t, over+"/folder/old", "content")
	requireContent(t, below+"/second", "content")
	if err := os.Remove(over + "/second"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(over)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func BenchmarkWriteAndSync(b *testing.B) {
	_, over, _ := mounted(b)
	for name, folder := range map[string]string{"plain": b.TempDir(), "layer": over} {
		b.Run(name, func(b *testing.B) {
			f := create(b, folder+"/log")
			line := bytes.Repeat([]byte{'x'}, 512)
			for b.Loop() {
				if _, err := f.Write(line); err != nil {
					b.Fatal(err)
				}
				fsync(b, f)
			}
		})
	}
}
