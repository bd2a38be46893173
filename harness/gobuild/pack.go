package gobuild

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// Release builds (-tags release) carry the programs in the folder embedded,
// which is not in version control. Fill it first:
//
//	go generate ./harness/gobuild
//	go build -tags release -trimpath -o assay ./cmd/assay
//
//go:generate go run ./fill embedded

// Architectures are those for which a release build carries programs.
func Architectures() []string { return []string{"amd64", "arm64"} }

func packed(pkg, arch string) string {
	return fmt.Sprintf("%s_linux_%s.zst", path.Base(pkg), arch)
}

// Pack compresses an executable for embedding in a release build.
func Pack(executable, dir, pkg, arch string) error {
	in, err := os.Open(executable)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(dir, packed(pkg, arch)))
	if err != nil {
		return err
	}
	return errors.Join(compress(out, in), out.Close())
}

func compress(to io.Writer, from io.Reader) error {
	w, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, from)
	return errors.Join(err, w.Close())
}

// unpack writes the embedded executable to out. It says false if none is
// embedded for this program and architecture.
func unpack(from fs.FS, pkg, arch, out string) (bool, error) {
	in, err := from.Open(packed(pkg, arch))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer in.Close()
	return true, decompress(in, out)
}

func decompress(from io.Reader, out string) error {
	r, err := zstd.NewReader(from)
	if err != nil {
		return err
	}
	defer r.Close()
	to, err := os.OpenFile(out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, r)
	return errors.Join(err, to.Close())
}
