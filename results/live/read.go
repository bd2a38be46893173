package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// State says whether a run goes on.
type State int

const (
	// Ended: the run has come to its end, or never told of its progress.
	Ended State = iota
	// Going: a process writes what the run does.
	Going
	// Broken: the process has gone without bringing the run to its end.
	Broken
)

// Look says how it stands with the run in a directory.
func Look(dir string) State {
	file, err := open(dir)
	if err != nil {
		return Ended
	}
	defer file.Close()
	switch {
	case claimed(file):
		return Going
	case removed(file):
		return Ended
	}
	return Broken
}

// removed tells the end of a run, which came between opening the file and looking at
// its lock, from a run that was killed.
func removed(file *os.File) bool {
	_, err := os.Stat(file.Name())
	return errors.Is(err, fs.ErrNotExist)
}

// open opens a regular file only: opening a pipe would wait for a writer.
func open(dir string) (*os.File, error) {
	path := filepath.Join(dir, File)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	return os.Open(path)
}

// mostRead bounds what is read at a time: more than a day's lines.
const mostRead = 32 << 20

// Read gives the samples from an offset on, and the offset from which to read next.
// A line that is torn is left for next time, one that is damaged is passed over. The
// error of a run that has come to its end satisfies errors.Is(err, fs.ErrNotExist).
func Read(dir string, offset int64) ([]Sample, int64, error) {
	file, err := open(dir)
	if err != nil {
		return nil, offset, err
	}
	defer file.Close()
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, offset, err
	}
	text, err := io.ReadAll(io.LimitReader(file, mostRead))
	if err != nil {
		return nil, offset, err
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	return samples(whole), offset + int64(len(whole)), nil
}

func samples(lines []byte) []Sample {
	var all []Sample
	for line := range bytes.Lines(lines) {
		var s Sample
		if json.Unmarshal(line, &s) == nil {
			all = append(all, s)
		}
	}
	return all
}
