package token

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/assaykit/assay/harness/history"
)

const (
	// windowBytes is how much of a text is in memory.
	windowBytes = 256 << 10
	// longest is how many bytes a token may have.
	longest = 64 << 20
	// shown is how many runes of a text are shown where something else was
	// expected.
	shown = 20
)

// Error says what is wrong in a text, and where.
type Error struct {
	history.LineError
	// Ended is set if the text was right as far as it went.
	Ended bool
}

func (e *Error) Error() string { return e.LineError.Error() }

// Unwrap gives what other readers of histories report.
func (e *Error) Unwrap() error { return &e.LineError }

// Ended says whether an error is about a text that is right as far as it goes.
func Ended(err error) bool {
	e, is := errors.AsType[*Error](err)
	return is && e.Ended
}

// Source is a text that is read once. Only a window of it is in memory, which
// always has the token that is being read.
type Source struct {
	in     io.Reader
	name   string
	window []byte
	at     int
	// begin is where the token begins that is being read.
	begin int
	// before is the place of the window's byte counted, before which the ends of
	// lines have been counted.
	before  Position
	counted int
	last    byte
	// err is why no more is read: io.EOF, or what went wrong.
	err error
}

// NewSource reads a text. The name is for errors.
func NewSource(in io.Reader, name string) *Source {
	return &Source{in: in, name: name, before: Position{Line: 1, Column: 1}}
}

// Begin says that a token begins at the next byte.
func (s *Source) Begin() { s.begin = s.at }

// Peek is the next byte, or 0 at the end.
func (s *Source) Peek() byte {
	if s.at < len(s.window) || s.fill() {
		return s.window[s.at]
	}
	return 0
}

// Skip passes over the byte that Peek gave.
func (s *Source) Skip() { s.at++ }

// Bytes is a set of bytes.
type Bytes [256]bool

// NewBytes is the set of the text's bytes, and 0, at which all skipping ends.
func NewBytes(text string) *Bytes {
	b := &Bytes{true}
	for _, c := range []byte(text) {
		b[c] = true
	}
	return b
}

// SkipUntil passes over bytes that are not in the set, and gives the one that is,
// or 0 at the end.
func (s *Source) SkipUntil(stop *Bytes) byte {
	for {
		for at, c := range s.window[s.at:] {
			if stop[c] {
				s.at += at
				return c
			}
		}
		if s.at = len(s.window); !s.fill() {
			return 0
		}
	}
}

// AtEnd says that nothing follows: not even a byte 0.
func (s *Source) AtEnd() bool { return s.at >= len(s.window) && !s.fill() }

// Taken is the token's text so far. It is valid until Peek is called again.
func (s *Source) Taken() []byte { return s.window[s.begin:s.at] }

// Unended says that the text has ended within a line.
func (s *Source) Unended() bool { return s.AtEnd() && s.last != 0 && s.last != '\n' }

// fill moves the window, and says whether there is a next byte.
func (s *Source) fill() bool {
	if s.err != nil {
		return false
	}
	s.before, s.counted = s.position(s.begin), s.begin
	kept := s.window[s.begin:]
	if len(kept) > longest {
		s.err = fmt.Errorf("%s:%d: a token is longer than %d bytes", s.name, s.before.Line, longest)
		return false
	}
	if need := max(windowBytes, 2*len(kept)); need > cap(s.window) {
		kept = append(make([]byte, 0, need), kept...)
	} else {
		kept = append(s.window[:0], kept...)
	}
	s.window, s.at, s.counted, s.begin = kept, s.at-s.begin, 0, 0
	return s.read()
}

func (s *Source) read() bool {
	had := len(s.window)
	for s.err == nil && len(s.window) == had {
		n, err := s.in.Read(s.window[had:cap(s.window)])
		s.window, s.err = s.window[:had+n], err
	}
	if len(s.window) == had {
		return false
	}
	s.last = s.window[len(s.window)-1]
	return true
}

// Here is where the token begins.
func (s *Source) Here() Position {
	s.before, s.counted = s.position(s.begin), s.begin
	return s.before
}

// position is the place of a byte of the window that is not before the last one
// asked for.
func (s *Source) position(at int) Position {
	p, passed := s.before, s.window[s.counted:at]
	p.Offset += int64(len(passed))
	p.Column += len(passed)
	if ends := bytes.Count(passed, []byte{'\n'}); ends > 0 {
		p.Line += ends
		p.Column = len(passed) - bytes.LastIndexByte(passed, '\n')
	}
	return p
}

// Fail says that something else should stand where the token begins.
func (s *Source) Fail(expected string) error { return s.failHere(s.begin, expected) }

// FailNext says that something else should come next.
func (s *Source) FailNext(expected string) error {
	s.AtEnd() // moves the window if it must
	return s.failHere(s.at, expected)
}

func (s *Source) failHere(at int, expected string) error {
	if s.err != nil && s.err != io.EOF {
		return fmt.Errorf("read %s: %w", s.name, s.err)
	}
	e := s.failed(s.position(at), expected, "the end of the text")
	at = s.begin + s.look(at-s.begin)
	if at >= len(s.window) {
		e.Ended = true
		return e
	}
	e.Found = fmt.Sprintf("%q", start(s.window[at:]))
	return e
}

// look reads as much as will be shown after the token's byte, if there is so much,
// and gives the byte back: the window may have moved.
func (s *Source) look(at int) int {
	for s.begin+at+shown*utf8.UTFMax > len(s.window) && s.fill() {
	}
	return at
}

// start is the first line of a text, cut where it gets long.
func start(text []byte) string {
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(text[:min(len(text), shown*utf8.UTFMax)]), "\uFFFD"), "\n")
	if runes := []rune(line); len(runes) > shown {
		return string(runes[:shown]) + "…"
	}
	return line
}

// FailAt says that something else should stand at an earlier place.
func (s *Source) FailAt(at Position, expected, found string) error {
	return s.failed(at, expected, found)
}

func (s *Source) failed(at Position, expected, found string) *Error {
	return &Error{LineError: history.LineError{File: s.name, Line: at.Line, Column: at.Column, Expected: expected, Found: found}}
}

// Failed is why the text could not be read to its end, if so.
func (s *Source) Failed() error {
	if s.err == nil || s.err == io.EOF {
		return nil
	}
	return fmt.Errorf("read %s: %w", s.name, s.err)
}
