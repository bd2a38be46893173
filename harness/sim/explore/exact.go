package explore

import (
	"sync"
	"sync/atomic"
)

// exactSet remembers states themselves. It finds out when two have the same
// fingerprint.
type exactSet[V any] struct {
	identity   func(to []byte, v V) []byte
	collisions atomic.Int64
	shards     [64]struct {
		sync.Mutex
		of map[uint64][]string
	}
}

func newExactSet[V any](identity func([]byte, V) []byte) *exactSet[V] {
	return &exactSet[V]{identity: identity}
}

// add says whether the state is new.
func (s *exactSet[V]) add(fingerprint uint64, v V) bool {
	bytes := s.identity(nil, v)
	shard := &s.shards[fingerprint%uint64(len(s.shards))]
	shard.Lock()
	defer shard.Unlock()
	if shard.of == nil {
		shard.of = make(map[uint64][]string)
	}
	known := shard.of[fingerprint]
	for _, k := range known {
		if k == string(bytes) {
			return false
		}
	}
	if len(known) > 0 {
		s.collisions.Add(1)
	}
	shard.of[fingerprint] = append(known, string(bytes))
	return true
}
