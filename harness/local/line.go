//go:build unix

package local

import (
	"io"
	"sync"
)

// mostOnLine is how many bytes of one stream may be on their way.
const mostOnLine = 1 << 20

// line is what is on its way in one direction of a connection.
type line struct {
	mu      sync.Mutex
	changed *sync.Cond
	chunks  []chunk
	bytes   int
	// err is why no more will come.
	err error
	// abandoned says that nobody waits for it any more.
	abandoned bool
}

// chunk are bytes on their way.
type chunk struct {
	data []byte
	way  passage
}

func newLine() *line {
	l := &line{}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// put sends a chunk, and blocks while more than so many bytes are on the line.
func (l *line) put(c chunk, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.bytes > most && !l.abandoned {
		l.changed.Wait()
	}
	l.chunks = append(l.chunks, c)
	l.bytes += len(c.data)
	l.changed.Broadcast()
}

// end says that no more will come.
func (l *line) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	l.changed.Broadcast()
}

// get waits for the next chunk, but not for its moment.
func (l *line) get() (chunk, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.chunks) == 0 && l.err == nil && !l.abandoned {
		l.changed.Wait()
	}
	switch {
	case l.abandoned:
		return chunk{}, io.ErrClosedPipe
	case len(l.chunks) == 0:
		return chunk{}, l.err
	}
	c := l.chunks[0]
	l.chunks = l.chunks[1:]
	return c, nil
}

// arrived takes note of a chunk that is no longer on the line.
func (l *line) arrived(c chunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes -= len(c.data)
	l.changed.Broadcast()
}

// abandon ends all waiting.
func (l *line) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.abandoned = true
	l.changed.Broadcast()
}
