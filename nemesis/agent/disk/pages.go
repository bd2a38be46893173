//go:build linux

package disk

import (
	"errors"
	"io"
	"time"
)

// pageSize is the unit in which what was written is kept and lost, and sectorSize
// the unit that a disk writes as a whole.
const (
	pageSize   = 4096
	sectorSize = 512
)

// pages are what was written to a file and not yet synced.
type pages struct {
	dirty map[int64]*page
	// order is that in which pages became dirty.
	order []int64
	// size is that of the file as programs see it, durable that of what lies below.
	size, durable int64
	// since is when the first of the dirty pages was written.
	since time.Time
}

type page struct {
	data [pageSize]byte
	// abandoned pages were part of a sync that failed.
	abandoned bool
}

// store is the file below.
type store interface {
	io.ReaderAt
	io.WriterAt
}

// write keeps data in memory.
func (p *pages) write(below io.ReaderAt, data []byte, at int64) error {
	end := at + int64(len(data))
	for n := at / pageSize; n*pageSize < end; n++ {
		start := n * pageSize
		whole := at <= start && end >= start+pageSize
		pg, err := p.open(below, n, !whole)
		if err != nil {
			return err
		}
		low, high := max(at, start), min(end, start+pageSize)
		copy(pg.data[low-start:high-start], data[low-at:high-at])
		pg.abandoned = false
	}
	p.size = max(p.size, end)
	return nil
}

// open is a page that will be changed, with what is below if that is needed.
func (p *pages) open(below io.ReaderAt, n int64, fill bool) (*page, error) {
	if pg := p.dirty[n]; pg != nil {
		return pg, nil
	}
	pg := &page{}
	if fill && n*pageSize < p.durable {
		if _, err := below.ReadAt(pg.data[:], n*pageSize); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	if len(p.dirty) == 0 {
		p.dirty, p.since = map[int64]*page{}, time.Now()
	}
	p.dirty[n] = pg
	p.order = append(p.order, n)
	return pg, nil
}

// read reads what is below and what was written on top of it.
func (p *pages) read(below io.ReaderAt, into []byte, at int64) (int, error) {
	n, err := below.ReadAt(into, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	end := min(at+int64(len(into)), p.size)
	if end <= at {
		return 0, nil
	}
	if int64(n) < end-at {
		clear(into[n : end-at])
	}
	for number := at / pageSize; number*pageSize < end; number++ {
		if pg := p.dirty[number]; pg != nil {
			start := number * pageSize
			low, high := max(at, start), min(end, start+pageSize)
			copy(into[low-at:high-at], pg.data[low-start:high-start])
		}
	}
	return int(end - at), nil
}

// persist writes the dirty pages below, but for the abandoned ones.
func (p *pages) persist(below store) error {
	var abandoned []int64
	for _, n := range p.order {
		if p.dirty[n].abandoned {
			abandoned = append(abandoned, n)
			continue
		}
		if err := p.put(below, n, pageSize); err != nil {
			return err
		}
		delete(p.dirty, n)
	}
	p.order = abandoned
	return nil
}

// put writes the beginning of a page below.
func (p *pages) put(below store, n int64, length int64) error {
	length = min(length, p.size-n*pageSize)
	if length <= 0 {
		return nil
	}
	_, err := below.WriteAt(p.dirty[n].data[:length], n*pageSize)
	p.durable = max(p.durable, n*pageSize+length)
	return err
}

// abandon is for a sync that failed.
func (p *pages) abandon() {
	for _, pg := range p.dirty {
		pg.abandoned = true
	}
}

// evict forgets the abandoned pages. If no others are left the file is as long as
// it is below.
func (p *pages) evict() {
	var rest []int64
	for _, n := range p.order {
		if p.dirty[n].abandoned {
			delete(p.dirty, n)
		} else {
			rest = append(rest, n)
		}
	}
	if p.order = rest; len(rest) == 0 {
		p.forget()
	}
}

// forget gives up all dirty pages.
func (p *pages) forget() {
	p.dirty, p.order, p.size = nil, nil, p.durable
}

// reset is for a file that was cut to a size, with all that went before durable.
func (p *pages) reset(size int64) {
	p.dirty, p.order, p.size, p.durable = nil, nil, size, size
}
