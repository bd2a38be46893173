package explore

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// lookEvery is how often a search looks at its memory.
const lookEvery = 100 * time.Millisecond

// watch ends the search with the context or its memory, and tells of progress. The
// function it returns stops that.
func (q *search[V]) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		look := time.NewTicker(lookEvery)
		defer look.Stop()
		tell := time.NewTicker(cmp.Or(q.options.Every, time.Second))
		defer tell.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				q.end("interrupted: " + context.Cause(ctx).Error())
				return
			case <-look.C:
				q.lookAtMemory()
			case <-tell.C:
				q.tell()
			}
		}
	})
	return func() { close(done); watching.Wait() }
}

func (q *search[V]) tell() {
	if q.options.Progress != nil {
		q.options.Progress(q.progress())
	}
}

func (q *search[V]) progress() Progress {
	return Progress{
		Unique: q.unique(), Generated: int(q.generated.Load()),
		Depth: int(q.depth.Load()), Elapsed: time.Since(q.began),
	}
}

func (q *search[V]) unique() int {
	n := q.set.Len()
	if q.exact != nil {
		n += int(q.exact.collisions.Load())
	}
	return n
}

// lookAtMemory ends the search if it is at its limit even without its garbage.
func (q *search[V]) lookAtMemory() {
	limit := q.options.MaxMemory
	if limit == 0 || heap() < limit {
		return
	}
	runtime.GC()
	if heap() >= limit*9/10 {
		q.end(fmt.Sprintf("at the limit of %d MiB of memory", limit>>20))
	}
}

// heap is how much memory objects occupy, with those that nobody needs any more.
func heap() int {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}
