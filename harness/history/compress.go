package history

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// Compress replaces a history by its compressed form and returns the new path.
// The old file is removed when the new one is safely on the disk; if anything
// fails before, the old one is untouched.
func Compress(path string) (newpath string, err error) {
	newpath = path + compressed
	part := newpath + ".part"
	err = compressTo(part, path)
	if err == nil {
		err = os.Rename(part, newpath)
	}
	if err != nil {
		return "", fmt.Errorf("compress history %s: %w", path, errors.Join(err, removeIfThere(part)))
	}
	if err = syncFolder(filepath.Dir(path)); err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return newpath, fmt.Errorf("compress history %s: %w", path, err)
	}
	return newpath, nil
}

func compressTo(part, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(part)
	if err != nil {
		return err
	}
	return errors.Join(copyCompressed(out, in), out.Sync(), out.Close())
}

func copyCompressed(out io.Writer, in io.Reader) error {
	encoder, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithZeroFrames(true)) // an empty history is no empty file
	if err != nil {
		return err
	}
	_, err = io.Copy(encoder, in)
	return errors.Join(err, encoder.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
