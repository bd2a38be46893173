package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// flushEvery is how old an op may get before the file has it.
	flushEvery = 100 * time.Millisecond
	// chunkOps is how many ops lie together in memory: a history never moves
	// while it grows, which would stop all clients for the time it takes.
	chunkOps = 4096
	// longestError is how many bytes of an error are kept: some systems answer
	// with whole web pages.
	longestError = 8 << 10
	// keptBuffer is how large a buffer is kept for the next lines.
	keptBuffer = 4 << 20
)

// Recorder writes a history while it happens, in memory and to a file. A process
// that is killed loses nothing that is older than a fifth of a second, and
// nothing that was recorded before the last Flush. Its methods may be called by
// any number of goroutines.
type Recorder struct {
	clock func() time.Duration
	file  *os.File // nil: in memory only

	mu     sync.Mutex
	chunks [][]Op
	count  int
	last   time.Duration
	lines  []byte // encoded, not yet written
	closed bool
	err    error

	// writing is held from taking the lines until they are in the file, so that
	// clients never wait for a disk and lines stay in order.
	writing sync.Mutex
	spare   []byte

	stop, stopped chan struct{}
}

// Create begins a history in a new file, or only in memory if the path is empty.
// The clock gives the time since the run began. Close ends it.
func Create(path string, clock func() time.Duration) (*Recorder, error) {
	r := &Recorder{clock: clock, last: -1}
	if path == "" {
		return r, nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create history: %w", err)
	}
	r.file = file
	r.stop, r.stopped = make(chan struct{}), make(chan struct{})
	go r.flushLoop()
	return r, nil
}

// Invoke records that an operation begins. It returns the op with its index,
// type and time, to be handed to Complete.
func (r *Recorder) Invoke(op Op) Op {
	op.Type = Invoke
	return r.record(op)
}

// Complete records how the invoked operation ended: OK, Fail or Info, with its
// result and, if it did not succeed, the reason. It returns the recorded op.
func (r *Recorder) Complete(inv Op, t Type, v Value, errText string) Op {
	inv.Type, inv.Value, inv.Error = t, v, errText
	return r.record(inv)
}

// record stamps index and time under the lock that orders the lines: the order
// of lines, of indexes and of times is the same.
func (r *Recorder) record(op Op) Op {
	op = normal(op)
	r.mu.Lock()
	defer r.mu.Unlock()
	op.Index, op.Time = r.count, r.now()
	if r.closed {
		r.fail(fmt.Errorf("op %s of process %d came after the history was closed", op.F, op.Process))
		return op
	}
	if r.encode(&op) {
		r.keep(op)
	}
	return op
}

// now reads the clock. Two ops never have the same time: what was recorded first
// did come first, and checkers may rely on it.
func (r *Recorder) now() time.Duration {
	r.last = max(r.last+1, r.clock())
	return r.last
}

// encode appends the op's line to those that wait for the file, and says whether
// the op can be part of a history at all.
func (r *Recorder) encode(op *Op) bool {
	if r.file == nil || r.err != nil {
		return r.check(writable(op))
	}
	lines, err := appendOp(r.lines, op)
	if size := len(lines) - len(r.lines); err == nil && size >= maxLine {
		err = fmt.Errorf("op %d (%s) takes %d bytes, more than the %d of a line", op.Index, op.F, size, maxLine)
	}
	if err == nil {
		r.lines = append(lines, '\n')
	}
	return r.check(err)
}

// check keeps an error and says whether there was none. The caller holds the lock.
func (r *Recorder) check(err error) bool {
	if err != nil {
		r.fail(err)
	}
	return err == nil
}

func (r *Recorder) keep(op Op) {
	if r.count%chunkOps == 0 {
		r.chunks = append(r.chunks, make([]Op, 0, chunkOps))
	}
	end := len(r.chunks) - 1
	r.chunks[end] = append(r.chunks[end], op)
	r.count++
}

// fail keeps the first error. The caller holds the lock.
func (r *Recorder) fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("record history: %w", err)
	}
}

// Snapshot is the history so far. Recording may go on meanwhile.
func (r *Recorder) Snapshot() *History {
	r.mu.Lock()
	count, chunks := r.count, append([][]Op(nil), r.chunks...)
	r.mu.Unlock()
	ops := make([]Op, 0, count)
	for _, chunk := range chunks {
		ops = append(ops, chunk...)
	}
	return &History{Ops: ops}
}

// Err is the first thing that went wrong, such as a full disk. From then on the
// history on disk is incomplete and the run should end.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Flush hands everything recorded so far to the operating system, where it
// outlives this process.
func (r *Recorder) Flush() error {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	lines, err := r.lines, r.err
	r.lines, r.spare = r.spare[:0], nil
	r.mu.Unlock()
	if err != nil || len(lines) == 0 {
		r.reuse(lines)
		return err
	}
	_, err = r.file.Write(lines)
	r.reuse(lines)
	if err != nil {
		// What was written may end within a line. Nothing is ever written after
		// it, so that only the last line of the file can be torn.
		r.mu.Lock()
		r.fail(err)
		r.mu.Unlock()
	}
	return r.Err()
}

// reuse keeps a buffer for the lines after the next. The caller holds writing.
func (r *Recorder) reuse(buffer []byte) {
	if cap(buffer) <= keptBuffer {
		r.spare = buffer[:0]
	}
}

func (r *Recorder) flushLoop() {
	defer close(r.stopped)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
			_ = r.Flush() // Err tells
		}
	}
}

// Close writes what is left and waits until the disk has it. It returns the
// first error of the whole recording. Closing again does nothing.
func (r *Recorder) Close() error {
	r.mu.Lock()
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	if again || r.file == nil {
		return r.Err()
	}
	close(r.stop)
	<-r.stopped
	flushed := r.Flush()
	path := r.file.Name()
	synced := errors.Join(r.file.Sync(), r.file.Close(), syncFolder(filepath.Dir(path)))
	if err := errors.Join(flushed, synced); err != nil {
		return fmt.Errorf("close history %s: %w", path, err)
	}
	return nil
}

// syncFolder makes the names of new files durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// normal is the op as it will be read back: valid text, no one else's fault.
func normal(op Op) Op {
	op.F, op.Key, op.Node = validText(op.F), validText(op.Key), validText(op.Node)
	op.Error = clip(validText(op.Error))
	if op.Fault != nil {
		fault := *op.Fault
		fault.Nodes = validTexts(fault.Nodes)
		fault.Sides = slices.Clone(fault.Sides)
		for i, side := range fault.Sides {
			fault.Sides[i] = validTexts(side)
		}
		fault.Name, fault.Detail = validText(fault.Name), validText(fault.Detail)
		op.Fault = &fault
	}
	return op
}

func validTexts(texts []string) []string {
	valid := append([]string(nil), texts...)
	for i, text := range valid {
		valid[i] = validText(text)
	}
	return valid
}

// clip shortens a long error at a rune's boundary.
func clip(text string) string {
	if len(text) <= longestError {
		return text
	}
	cut := validText(text[:longestError])
	return fmt.Sprintf("%s… (%d bytes in all)", cut, len(text))
}
