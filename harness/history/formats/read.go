package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jepsen"
)

const (
	// compressed ends the names of compressed histories.
	compressed = ".zst"
	// zstdMagic begins what zstd has compressed (RFC 8878).
	zstdMagic = "\x28\xb5\x2f\xfd"
	// byteOrderMark is what some editors write before UTF-8.
	byteOrderMark = "\uFEFF"
	// utf16 are the byte order marks of the encoding that nothing here reads; it
	// comes from other systems' editors.
	utf16Little, utf16Big = "\xff\xfe", "\xfe\xff"
	// headBytes is how much of a text is looked at to find its format.
	headBytes = 64 << 10
	// shortest is less than any operation takes: a file made of marks is no reason
	// to ask for gigabytes.
	shortest = 24
)

// Malformed is an error about the text of a history, and not about the reading of
// its file.
type Malformed struct{ Err error }

func (m *Malformed) Error() string { return m.Err.Error() }

func (m *Malformed) Unwrap() error { return m.Err }

// Read reads the history in a file. If the file is not there but its compressed
// form is, it reads that one. An error is a *Malformed if the file could be read
// and its text makes no history.
func Read(path string, o Options) (*Reading, error) {
	from, err := find(present(path))
	if err != nil {
		return nil, err
	}
	f, err := look(from)
	if err != nil {
		return nil, err
	}
	if f.format.read == nil {
		return &Reading{History: &history.History{}, Format: "empty"}, nil
	}
	var r Reading
	err = from.with(func(in *bufio.Reader) (err error) {
		r, err = f.format.read(in, jepsen.Options{Name: from.path, Keyed: o.Keyed, Room: f.room})
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Format = f.format.Name
	return &r, nil
}

func present(path string) string {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(path + compressed); err == nil {
			return path + compressed
		}
	}
	return path
}

// source is where a text is.
type source struct {
	path string
	// piped is the text, if it came through a pipe, which can be read only once.
	piped []byte
}

// find finds a text, and takes it out of the pipe if there is one: as in
// "assay check <(zcat history.gz)".
func find(path string) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source{}, fmt.Errorf("read history: %w", err)
	}
	s := source{path: path}
	if info.Mode()&fs.ModeNamedPipe != 0 {
		if s.piped, err = os.ReadFile(path); err != nil {
			return source{}, fmt.Errorf("read history: %w", err)
		}
	}
	return s, nil
}

func (s source) open() (io.ReadCloser, error) {
	if s.piped != nil {
		return io.NopCloser(bytes.NewReader(s.piped)), nil
	}
	return os.Open(s.path)
}

// file is one that was looked at.
type file struct {
	format Format
	// room is how many operations it may have. Reading a file twice is cheap; a
	// slice that grows to a million operations needs twice the memory.
	room int
}

// look finds out the format of a file, none if it has nothing in it.
func look(from source) (file, error) {
	var f file
	err := from.with(func(in *bufio.Reader) (err error) {
		head, err := in.Peek(headBytes)
		if err != nil && err != io.EOF {
			return err
		}
		if head = bytes.TrimLeft(head, space+"\x00"); len(head) == 0 {
			return nil
		}
		if f.format, err = formatOf(from.path, head); err == nil {
			f.room, err = count(in, []byte(f.format.mark))
		}
		return err
	})
	return f, err
}

func formatOf(path string, head []byte) (Format, error) {
	if mark := string(head[:min(len(head), 2)]); mark == utf16Little || mark == utf16Big {
		return Format{}, unlike(path, "UTF-16: save it as UTF-8")
	}
	for _, format := range All() {
		if format.fits(head) {
			return format, nil
		}
	}
	return Format{}, unlike(path, fmt.Sprintf("%q", head[:min(len(head), 20)]))
}

// unlike says that a text is in none of the formats.
func unlike(path, found string) error {
	return &history.LineError{File: path, Line: 1, Column: 1, Expected: "a history as JSON, as EDN or as Jepsen's log", Found: found}
}

// count says how many marks there are, about.
func count(in io.Reader, mark []byte) (int, error) {
	buffer := make([]byte, 256<<10)
	marks, size := 0, 0
	for {
		n, err := in.Read(buffer)
		// A mark across two readings is missed, which one more for each makes good.
		marks += bytes.Count(buffer[:n], mark) + 1
		size += n
		if err == io.EOF {
			return min(marks, size/shortest+1), nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// with opens a text, decompressed and without a byte order mark.
func (s source) with(use func(in *bufio.Reader) error) error {
	path := s.path
	opened, err := s.open()
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	defer opened.Close()
	watched, unpacked := &watch{in: opened}, &watch{}
	in := bufio.NewReaderSize(watched, headBytes)
	if head, _ := in.Peek(len(zstdMagic)); string(head) == zstdMagic {
		decoder, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("read history %s: %w", path, err)
		}
		defer decoder.Close()
		unpacked.in = decoder
		in = bufio.NewReaderSize(unpacked, headBytes)
	}
	if head, _ := in.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark))
	}
	err = use(in)
	switch {
	case err == nil:
		return nil
	case watched.err != nil:
		return fmt.Errorf("read history %s: %w", path, watched.err)
	case unpacked.err != nil:
		return &Malformed{fmt.Errorf("decompress history %s: %w", path, unpacked.err)}
	}
	return &Malformed{err}
}

// watch remembers why a file could not be read, or not be decompressed.
type watch struct {
	in  io.Reader
	err error
}

func (w *watch) Read(b []byte) (int, error) {
	n, err := w.in.Read(b)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
