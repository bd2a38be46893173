package program

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// mostKept is how many bytes of what the programs for one node print are kept.
const mostKept = 8 << 20

// Journal makes the file that keeps what the programs of a node print, one after
// another and several at a time.
func Journal(folder, node string) func() (io.WriteCloser, error) {
	if folder == "" {
		return nil
	}
	return func() (io.WriteCloser, error) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		file, err := os.OpenFile(filepath.Join(folder, node+".txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		return &journal{file: file}, nil
	}
}

// journal writes whole lines to a file until that is large enough. What comes after
// that is dropped: a program that prints without end must not fill the disk, nor must
// it be held up.
type journal struct {
	file *os.File

	mu   sync.Mutex
	part []byte
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.part = append(j.part, p...)
	end := bytes.LastIndexByte(j.part, '\n') + 1
	if end == 0 && len(j.part) < 64<<10 {
		return len(p), nil
	}
	if end == 0 {
		end = len(j.part)
	}
	j.keep(j.part[:end])
	j.part = append(j.part[:0], j.part[end:]...)
	return len(p), nil
}

// keep writes to a file to which others append at the same time. That it cannot be
// kept must not end a run.
func (j *journal) keep(text []byte) {
	info, err := j.file.Stat()
	if err != nil || info.Size() >= mostKept {
		return
	}
	if room := mostKept - int(info.Size()); len(text) >= room {
		text = append(bytes.Clone(text[:room]), "\nassay: enough was printed, no more is kept\n"...)
	}
	_, _ = j.file.Write(text)
}

func (j *journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.part) > 0 {
		j.keep(append(j.part, '\n'))
		j.part = nil
	}
	return j.file.Close()
}

// tail keeps the end of what a program printed, for an error.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-2000):]
	return len(p), nil
}

func (t *tail) Close() error { return nil }

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return ""
	}
	return "; it printed:\n" + string(bytes.TrimSpace(t.kept))
}
