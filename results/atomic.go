package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes or replaces a file of the run. Whoever looks, whenever, and
// whatever fails, sees the old file or the whole new one.
func (d *Dir) Write(name string, content func(io.Writer) error) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := replace(d.Join(name), content); err != nil {
		return fmt.Errorf("write %s: %w%s", name, reason(err), d.kept())
	}
	return nil
}

// WriteFile makes or replaces a file that is about several runs, as Dir.Write does.
func WriteFile(path string, content func(io.Writer) error) error {
	if err := replace(path, content); err != nil {
		return fmt.Errorf("write %s: %w", path, reason(err))
	}
	return nil
}

// kept tells somebody whose disk is full that the run was not in vain.
func (d *Dir) kept() string {
	history := d.HistoryPath()
	if !exists(history) {
		return ""
	}
	return "; the history is kept at " + history
}

func replace(path string, content func(io.Writer) error) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	if err := fill(temporary, content); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

// fill closes the file whatever happens. CreateTemp makes files that only their
// owner can read, but results are for the colleagues too.
func fill(file *os.File, content func(io.Writer) error) error {
	buffered := bufio.NewWriter(file)
	err := content(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = file.Chmod(0o644)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFolder makes the new name durable. A file system that cannot do that for
// folders loses at most the rename, never the content.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = folder.Sync()
	return folder.Close()
}

// reason drops the temporary file's name from an error, which tells nobody
// anything.
func reason(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

func (d *Dir) writeJSON(name string, value any) error {
	return d.Write(name, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	})
}

func (d *Dir) readJSON(name string, value any) error {
	text, err := os.ReadFile(d.Join(name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read run %s: %s is missing: %w", d.path, name, fs.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("read run: %w", err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("read run: %s is damaged: %w", d.Join(name), err)
	}
	return nil
}
