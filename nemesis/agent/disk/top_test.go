//go:build linux

package disk

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The folder that is covered is reached by a link in /proc, and what is done to it must
// not be done to that link.
func TestTheTopFolderIsChangedAsTheOthers(t *testing.T) {
	_, over, below := mounted(t)
	if err := os.Mkdir(over+"/folder", 0o755); err != nil {
		t.Fatal(err)
	}
	then := time.Unix(1000000000, 0)
	for _, folder := range []string{"", "/folder"} {
		if err := errors.Join(
			os.Chown(over+folder, 1234, 1235), os.Chmod(over+folder, 0o751), os.Chtimes(over+folder, then, then),
			unix.Setxattr(over+folder, "trusted.note", []byte("here"), 0),
		); err != nil {
			t.Fatalf("%q: %v", folder, err)
		}
		requireChanged(t, over+folder, then)
		requireChanged(t, below+folder, then)
		if err := unix.Removexattr(over+folder, "trusted.note"); err != nil {
			t.Errorf("%q: remove an attribute: %v", folder, err)
		}
		if names := make([]byte, 100); len(attributes(t, below+folder, names)) != 0 || len(attributes(t, over+folder, names)) != 0 {
			t.Errorf("%q has attributes %q", folder, names)
		}
	}
	if err := os.WriteFile(over+"/file", nil, 0o644); err != nil {
		t.Errorf("the top folder is of no use any more: %v", err)
	}
}

func requireChanged(t *testing.T, folder string, then time.Time) {
	t.Helper()
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	s := info.Sys().(*syscall.Stat_t)
	if s.Uid != 1234 || s.Gid != 1235 || s.Mode != syscall.S_IFDIR|0o751 || !info.ModTime().Equal(then) {
		t.Errorf("%s: owner %d:%d, mode %o, changed at %v", folder, s.Uid, s.Gid, s.Mode, info.ModTime())
	}
	note := make([]byte, 10)
	if n, err := unix.Getxattr(folder, "trusted.note", note); err != nil || string(note[:n]) != "here" {
		t.Errorf("%s: the attribute is %q, %v", folder, note[:max(n, 0)], err)
	}
	if names := attributes(t, folder, make([]byte, 100)); string(names) != "trusted.note\x00" {
		t.Errorf("%s: the attributes are %q", folder, names)
	}
	var birth unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, folder, 0, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &birth); err != nil || birth.Uid != 1234 {
		t.Errorf("%s: asked for its birth it belongs to %d, %v", folder, birth.Uid, err)
	}
}

func attributes(t *testing.T, path string, into []byte) []byte {
	t.Helper()
	n, err := unix.Listxattr(path, into)
	if err != nil {
		t.Fatal(err)
	}
	return into[:n]
}

func TestLinksAreSeenAsLinks(t *testing.T) {
	_, over, _ := mounted(t)
	if err := errors.Join(os.WriteFile(over+"/file", []byte("text"), 0o644), os.Symlink("file", over+"/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(over+"/link", 1234, 1235); err != nil {
		t.Fatal(err)
	}
	var link, file unix.Statx_t
	if err := errors.Join(
		unix.Statx(unix.AT_FDCWD, over+"/link", unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &link),
		unix.Statx(unix.AT_FDCWD, over+"/file", unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &file),
	); err != nil {
		t.Fatal(err)
	}
	if link.Mode&syscall.S_IFMT != syscall.S_IFLNK || link.Uid != 1234 || file.Uid == 1234 {
		t.Errorf("the link has mode %o and belongs to %d, the file to %d", link.Mode, link.Uid, file.Uid)
	}
}
