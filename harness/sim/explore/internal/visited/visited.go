// Package visited remembers which states a search has seen, by their
// fingerprints of 64 bits, and from which state each was reached first. Several
// goroutines add at the same time, and what is remembered in the end does not
// depend on who came first.
package visited

import (
	"math"
	"sync"
	"sync/atomic"
)

// Set is a set of fingerprints. What it takes is 16 bytes for each of its places,
// of which between a third and two thirds are in use.
type Set struct {
	// movers is how many goroutines move what is in the set when it grows.
	movers int
	mu     sync.RWMutex
	places []place
	count  atomic.Int64
	room   atomic.Int64
}

// place holds a fingerprint, which is never 0, and how it was reached: the level
// in the upper 16 bits, and the lower 48 bits of the predecessor's fingerprint. The
// smallest way stays, so that the first level wins, and on it the predecessor
// with the smallest number, whoever came first.
type place struct{ fingerprint, way atomic.Uint64 }

const (
	waysLevel = 48
	wayMask   = 1<<waysLevel - 1
	// MaxLevel is the last level that is told from later ones.
	MaxLevel = math.MaxUint16 - 1
	smallest = 1 << 12
	// batch is how many additions a Session keeps to itself.
	batch = 64
)

// New makes an empty set, to which so many goroutines will add.
func New(goroutines int) *Set {
	s := &Set{movers: goroutines}
	s.resize(smallest)
	return s
}

func (s *Set) resize(places int) {
	old := s.places
	s.places = make([]place, places)
	s.room.Store(int64(places) / 3 * 2)
	part := max(smallest, len(old)/s.movers+1)
	var moving sync.WaitGroup
	for from := 0; from < len(old); from += part {
		moving.Go(func() { s.take(old[from:min(from+part, len(old))]) })
	}
	moving.Wait()
}

// take moves places here, while others move others.
func (s *Set) take(old []place) {
	mask := uint64(len(s.places) - 1)
	for i := range old {
		f := old[i].fingerprint.Load()
		if f == 0 {
			continue
		}
		at := f & mask
		for !s.places[at].fingerprint.CompareAndSwap(0, f) {
			at = (at + 1) & mask
		}
		s.places[at].way.Store(old[i].way.Load())
	}
}

// find is where a fingerprint is or could be put.
func (s *Set) find(f uint64) int {
	mask := uint64(len(s.places) - 1)
	for i := f & mask; ; i = (i + 1) & mask {
		if at := s.places[i].fingerprint.Load(); at == f || at == 0 {
			return int(i)
		}
	}
}

// Len is how many fingerprints were added, but for those that open sessions keep
// to themselves.
func (s *Set) Len() int { return int(s.count.Load()) }

// Bytes is how much memory the set occupies.
func (s *Set) Bytes() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.places) * 16
}

// Session is how one goroutine adds. It must be closed, and pauses the growth of
// the set while it is open.
type Session struct {
	set   *Set
	fresh int64
}

// Open begins a session.
func (s *Set) Open() Session {
	s.mu.RLock()
	return Session{set: s}
}

// Close ends the session.
func (s *Session) Close() {
	s.flush()
	s.set.mu.RUnlock()
	if s.set.full() {
		s.set.grow()
	}
}

func (s *Session) flush() {
	s.set.count.Add(s.fresh)
	s.fresh = 0
}

// Way is how a state was reached, if from the one with that fingerprint.
func Way(level int, predecessor uint64) uint64 {
	return uint64(min(level, MaxLevel)+1)<<waysLevel | predecessor&wayMask
}

// Add adds a fingerprint, and says whether it is new.
func (s *Session) Add(fingerprint, way uint64) bool {
	if fingerprint == 0 {
		fingerprint = 1
	}
	mask := uint64(len(s.set.places) - 1)
	for i := fingerprint & mask; ; i = (i + 1) & mask {
		p := &s.set.places[i]
		at := p.fingerprint.Load()
		if at == 0 {
			if p.fingerprint.CompareAndSwap(0, fingerprint) {
				p.improve(way)
				s.added()
				return true
			}
			at = p.fingerprint.Load()
		}
		if at == fingerprint {
			p.improve(way)
			return false
		}
	}
}

func (p *place) improve(way uint64) {
	for {
		old := p.way.Load()
		settled := old != 0 && old <= way || old>>waysLevel == MaxLevel+1
		if settled || p.way.CompareAndSwap(old, way) {
			return
		}
	}
}

// added counts, and makes room if it is time.
func (s *Session) added() {
	if s.fresh++; s.fresh < batch {
		return
	}
	s.flush()
	if s.set.full() {
		s.set.mu.RUnlock()
		s.set.grow()
		s.set.mu.RLock()
	}
}

func (s *Set) full() bool { return s.count.Load() > s.room.Load() }

// grow waits until no session is open. Somebody else may have been faster.
func (s *Set) grow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full() {
		s.resize(2 * len(s.places))
	}
}

// Predecessor is the fingerprint of the state from which a state was reached
// first. It is not ok if the state is an initial one, or unknown.
func (s *Set) Predecessor(fingerprint uint64) (uint64, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := &s.places[s.find(fingerprint)]
	way := at.way.Load()
	level := way >> waysLevel
	if way == 0 || level <= 1 {
		return 0, false
	}
	return s.lookup(way&wayMask, level)
}

// lookup finds a fingerprint of an earlier level by its lower bits.
func (s *Set) lookup(low, before uint64) (uint64, bool) {
	mask := uint64(len(s.places) - 1)
	for i := low & mask; ; i = (i + 1) & mask {
		f := s.places[i].fingerprint.Load()
		if f == 0 {
			return 0, false
		}
		level := s.places[i].way.Load() >> waysLevel
		if f&wayMask == low && (level < before || level == MaxLevel+1) {
			return f, true
		}
	}
}
