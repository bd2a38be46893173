package process

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// journal is the durable log of a node, as the node sees it.
type journal interface {
	// Append adds a record to those that the next Commit is about.
	Append(record []byte) error
	// Commit returns when all appended records are durable. After an error
	// nobody knows which are; the journal must not be used any more.
	Commit() error
	Close() error
}

// logName is the log's file in the data folder.
const logName = "wal"

// writeAheadLog is a journal in a file of records.
type writeAheadLog struct {
	file    *os.File
	codec   codec
	pending []byte
}

// openLog opens or creates the log in a folder and returns its records. A torn
// end, as a crash in the middle of a write leaves it, is cut off: nothing in it
// was ever acknowledged. Damage with sound records behind it is an error,
// because cutting there would forget what was acknowledged. (A power failure
// can write the blocks of the last commit out of order and so look like such
// damage; a node that refuses to start is better than one that forgets.)
func openLog(dir string, log *log.Logger) (*writeAheadLog, [][]byte, error) {
	path := filepath.Join(dir, logName)
	file, err := createDurably(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	records, err := recoverLog(file, log)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("recover the log %s: %w", path, err), file.Close())
	}
	return &writeAheadLog{file: file}, records, nil
}

// createDurably opens a file for reading and writing. It and its folder survive
// a power failure if they had to be created.
func createDurably(path string) (*os.File, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Sync(), syncFolder(dir), syncFolder(filepath.Dir(dir))); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// recoverLog reads all records and leaves the file's offset behind the last.
func recoverLog(file *os.File, log *log.Logger) ([][]byte, error) {
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	records, end := scan(data)
	if end < len(data) {
		if next, found := soundAfter(data, end); found {
			return nil, fmt.Errorf("damaged at offset %d with a sound record behind it at offset %d: "+
				"this node's data is lost, replace the node", end, next)
		}
		log.Printf("log: cut off %d bytes of a torn record at offset %d", len(data)-end, end)
		if err := errors.Join(file.Truncate(int64(end)), file.Sync()); err != nil {
			return nil, err
		}
	}
	_, err = file.Seek(int64(end), io.SeekStart)
	return records, err
}

// scan returns the records up to the first that is not sound, and its offset.
func scan(data []byte) (records [][]byte, end int) {
	for {
		record, size, sound := codec{}.parse(data[end:])
		if !sound {
			return records, end
		}
		records = append(records, record)
		end += size
	}
}

// soundAfter finds a sound record that begins behind the offset.
func soundAfter(data []byte, offset int) (at int, found bool) {
	for at = offset + 1; at < len(data); at++ {
		if _, _, sound := (codec{}).parse(data[at:]); sound {
			return at, true
		}
	}
	return 0, false
}

// Append refuses a record that recovery would take for damage.
func (w *writeAheadLog) Append(record []byte) error {
	if len(record) > maxPayload {
		return fmt.Errorf("append to the log: a record of %d bytes, more than the %d allowed", len(record), maxPayload)
	}
	w.pending = w.codec.append(w.pending, record)
	return nil
}

func (w *writeAheadLog) Commit() error {
	if err := w.write(); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("sync the log: %w", err)
	}
	return nil
}

// write hands the pending records to the kernel.
func (w *writeAheadLog) write() error {
	if len(w.pending) == 0 {
		return nil
	}
	if _, err := w.file.Write(w.pending); err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	w.pending = w.pending[:0]
	return nil
}

func (w *writeAheadLog) Close() error { return w.file.Close() }

// forgetful is a journal that claims to be durable and is not: what was
// committed stays in the process's memory for up to a second and is never
// synced. A kill loses it.
type forgetful struct {
	mu  sync.Mutex
	log *writeAheadLog
	// failed is the error of a write in the background.
	failed error

	quit, done chan struct{}
}

func newForgetful(w *writeAheadLog) *forgetful {
	f := &forgetful{log: w, quit: make(chan struct{}), done: make(chan struct{})}
	go f.writeNowAndThen()
	return f
}

func (f *forgetful) writeNowAndThen() {
	defer close(f.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-f.quit:
			return
		case <-tick.C:
			f.write()
		}
	}
}

func (f *forgetful) write() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil {
		f.failed = f.log.write()
	}
}

func (f *forgetful) Append(record []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Append(record)
}

func (f *forgetful) Commit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// Close writes what is left: a clean stop loses nothing.
func (f *forgetful) Close() error {
	close(f.quit)
	<-f.done
	f.write()
	return errors.Join(f.failed, f.log.Close())
}
