//go:build linux

package damage

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func dice() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// folder has files, an empty one and one in a folder, a link, and a program that
// runs as its owner.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/sub", 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/large", string(bytes.Repeat([]byte{0}, 10_000)))
	put(t, dir+"/sub/small", "abc")
	put(t, dir+"/nothing", "")
	if err := os.Symlink("large", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+"/sub/small", 0o751|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(dir+"/large", time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func saved(t *testing.T, dir string) *Copy {
	t.Helper()
	c, err := Save(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBitsFlipAnywhere(t *testing.T) {
	dir := folder(t)
	intact := saved(t, dir)
	changes, err := Flip(dir, 50, dice())
	if err != nil || len(changes) != 50 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	data, err := os.ReadFile(dir + "/large")
	if err != nil {
		t.Fatal(err)
	}
	if wrong := len(data) - bytes.Count(data, []byte{0}); wrong < 45 || wrong > 50 {
		t.Errorf("%d bytes are wrong", wrong)
	}
	if found := intact.Differences(saved(t, dir)); len(found) == 0 || found[0].File != "large" {
		t.Errorf("differences: %v", found)
	}
}

func TestEndsAreCutOff(t *testing.T) {
	for bytes, want := range map[int64]int64{1000: 9000, 1 << 20: 0} {
		dir := folder(t)
		changes, err := Truncate(dir, bytes, dice())
		if err != nil || len(changes) != 1 || changes[0].File != "large" {
			t.Fatalf("%v, %v", changes, err)
		}
		if info, err := os.Stat(dir + "/large"); err != nil || info.Size() != want {
			t.Errorf("it has %v bytes, want %d, %v", info.Size(), want, err)
		}
	}
}

func TestWhereNothingIsNothingIsDamaged(t *testing.T) {
	dir := t.TempDir()
	put(t, dir+"/nothing", "")
	if _, err := Flip(dir, 1, dice()); err == nil {
		t.Error("a bit of nothing flipped")
	}
	if _, err := Truncate(dir, 1, dice()); err == nil {
		t.Error("nothing was cut off")
	}
	if _, err := First(dir); err == nil {
		t.Error("there is a file")
	}
	if name, err := First(folder(t)); err != nil || name != "large" {
		t.Errorf("first is %q, %v", name, err)
	}
}

// Whatever is done to a folder, its copy puts it back as it was, with owners, modes
// and times.
func TestCopiesAreRestoredWhole(t *testing.T) {
	dir := folder(t)
	intact := saved(t, dir)
	if _, err := Flip(dir, 10, dice()); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/new", "later")
	for _, gone := range []string{"sub", "link"} {
		if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	var files []string
	for _, c := range intact.Differences(saved(t, dir)) {
		files = append(files, c.File+" "+c.How)
	}
	want := []string{"large has 10000 bytes, had 10000", "link is gone", "sub is gone", "sub/small is gone", "new is there again"}
	if !slices.Equal(files, want) {
		t.Errorf("differences: %q", files)
	}
	if err := intact.Restore(dir); err != nil {
		t.Fatal(err)
	}
	again := saved(t, dir)
	same := slices.EqualFunc(intact.entries, again.entries, func(a, b entry) bool {
		return a.name == b.name && a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.link == b.link && bytes.Equal(a.data, b.data)
	})
	if !same {
		t.Errorf("restored: %v, was %v", again.entries, intact.entries)
	}
	if info, err := os.Stat(dir + "/large"); err != nil || !info.ModTime().Equal(time.Unix(1, 0)) {
		t.Errorf("it was changed at %v, %v", info.ModTime(), err)
	}
}
