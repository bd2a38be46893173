package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// compressed ends the names of compressed histories.
const compressed = ".zst"

// Notice is what a reader of a history should know beyond its ops.
type Notice struct {
	// Truncated is set if the last line was torn, as a killed recorder may leave
	// it. That line is not part of the history.
	Truncated bool
	// Line is the torn line's number, from 1, and Bytes its length.
	Line, Bytes int
}

// String is the notice in one sentence, or empty if there is nothing to notice.
func (n Notice) String() string {
	if !n.Truncated {
		return ""
	}
	return fmt.Sprintf("line %d of the history is torn after %d bytes and was left out: its recorder was killed", n.Line, n.Bytes)
}

// LineError says what is wrong with a line of a history.
type LineError struct {
	File string
	// Line and Column (in bytes) count from 1.
	Line, Column    int
	Expected, Found string
}

func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d:%d: expected %s, found %s", e.File, e.Line, e.Column, e.Expected, e.Found)
}

// Read reads a history, compressed if its name ends in .zst. If the file is not
// there but its compressed form is, it reads that one. Ops whose lines have no
// index are numbered in their order.
func Read(path string) (*History, Notice, error) {
	path, err := present(path)
	if err != nil {
		return nil, Notice{}, fmt.Errorf("read history: %w", err)
	}
	count, err := countLines(path)
	if err != nil {
		return nil, Notice{}, fmt.Errorf("read history %s: %w", path, err)
	}
	in, err := open(path)
	if err != nil {
		return nil, Notice{}, fmt.Errorf("read history: %w", err)
	}
	h, notice, err := read(in, path, count)
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, Notice{}, fmt.Errorf("read history: %w", err)
	}
	return h, notice, nil
}

// ReadFrom reads a history from an open text, not compressed. The name is for
// errors, and room is how many ops to make room for.
func ReadFrom(in io.Reader, name string, room int) (*History, Notice, error) {
	return read(in, name, room)
}

func present(path string) (string, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, other := os.Stat(path + compressed); other == nil {
			return path + compressed, nil
		}
	}
	return path, err
}

// open opens a history's text.
func open(path string) (io.ReadCloser, error) {
	file, err := os.Open(path)
	if err != nil || !strings.HasSuffix(path, compressed) {
		return file, err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		err = errors.New("the file is empty, which no compressed history is: what it held is lost")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	decoder, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return &zstdFile{Decoder: decoder, file: file}, nil
}

type zstdFile struct {
	*zstd.Decoder
	file *os.File
}

func (z *zstdFile) Close() error {
	z.Decoder.Close()
	return z.file.Close()
}

// shortestLine is less than any op takes: a file of empty lines is no reason to
// ask for gigabytes.
const shortestLine = 32

// countLines says how many ops to make room for. Reading a file twice is cheap;
// a slice that grows to a million ops needs twice the memory.
func countLines(path string) (int, error) {
	in, err := open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	buffer := make([]byte, 256<<10)
	lines, size := 1, 0
	for {
		n, err := in.Read(buffer)
		lines += bytes.Count(buffer[:n], []byte{'\n'})
		size += n
		if err == io.EOF {
			return min(lines, size/shortestLine+1), nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// read reads lines until the end. The name is for errors.
func read(in io.Reader, name string, count int) (*History, Notice, error) {
	lines := &lineReader{in: bufio.NewReaderSize(in, 1<<20), longest: maxLine}
	p := &parser{names: names{}}
	ops := make([]Op, 0, count)
	for {
		line, err := lines.next()
		if err == io.EOF {
			return &History{Ops: ops}, Notice{}, nil
		}
		if err != nil {
			return nil, Notice{}, fmt.Errorf("%s:%d: %w", name, lines.number, err)
		}
		op, err := p.line(line, len(ops))
		if lines.torn && endsEarly(err) {
			return &History{Ops: ops}, Notice{Truncated: true, Line: lines.number, Bytes: len(line)}, nil
		}
		if err != nil {
			return nil, Notice{}, lineError(name, lines.number, err)
		}
		ops = append(ops, op)
	}
}

// line reads the op that stands at the given place of its history.
func (p *parser) line(text []byte, place int) (Op, error) {
	p.reset(text)
	op, has, err := p.op()
	if err != nil {
		return op, err
	}
	if has&seenIndex == 0 {
		op.Index = place
	}
	if op.Index != place {
		return op, &unexpected{
			expected: fmt.Sprintf("the op with index %d", place),
			found:    fmt.Sprintf("index %d: a line is missing, or moved; without any index, ops are numbered in their order", op.Index),
		}
	}
	return op, nil
}

func endsEarly(err error) bool {
	var u *unexpected
	return errors.As(err, &u) && u.ended
}

func lineError(file string, line int, err error) error {
	var u *unexpected
	if !errors.As(err, &u) {
		return fmt.Errorf("%s:%d: %w", file, line, err)
	}
	return &LineError{File: file, Line: line, Column: u.at + 1, Expected: u.expected, Found: u.found}
}

// lineReader gives the lines of a history that are not blank.
type lineReader struct {
	in *bufio.Reader
	// longest is how many bytes a line may have.
	longest int
	number  int
	// torn is set if the line given last had no end.
	torn bool
	long []byte
}

// next returns the next line, which is valid until the one after, or io.EOF.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.line()
		l.number++
		if err == io.EOF {
			l.torn = true
			// A file system may fill the end of a file with zeros in a power
			// failure.
			line = bytes.TrimRight(line, "\x00")
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) > 0 {
			return line, nil
		}
		if err == io.EOF {
			return nil, err
		}
	}
}

// line reads up to and including the end of a line.
func (l *lineReader) line() ([]byte, error) {
	line, err := l.in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	l.long = append(l.long[:0], line...)
	for err == bufio.ErrBufferFull {
		line, err = l.in.ReadSlice('\n')
		if l.long = append(l.long, line...); len(l.long) > l.longest {
			return nil, fmt.Errorf("the line is longer than %d bytes", l.longest)
		}
	}
	return l.long, err
}
