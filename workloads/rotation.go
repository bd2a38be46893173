package workloads

import (
	"fmt"
	"math/rand/v2"
)

// object is a key, or a set, that operations are made on.
type object struct {
	name string
	// left is how many more operations it gets.
	left int
	// recent are the values written to it last.
	recent []int
	// writes is how many it got, where they are counted.
	writes int
}

// rotation keeps a few objects in use. Each gets so many operations and is then
// replaced by a new one, which bounds the history of each: what a search for a
// linearization costs grows steeply with it.
type rotation struct {
	random *rand.Rand
	prefix string
	size   int
	made   int
	active []*object
}

// newRotation keeps n objects in use. The first ones are given up at different
// times, so that young and old ones are in use together ever after.
func newRotation(random *rand.Rand, prefix string, n, size int) *rotation {
	r := &rotation{random: random, prefix: prefix, size: size}
	for i := range n {
		r.active = append(r.active, r.fresh(max(1, size*(i+1)/n)))
	}
	return r
}

func (r *rotation) fresh(left int) *object {
	o := &object{name: fmt.Sprint(r.prefix, r.made), left: left}
	r.made++
	return o
}

// next is the object of the next operation.
func (r *rotation) next() *object {
	return r.use(r.random.IntN(len(r.active)))
}

// use is the object at a place, which gets an operation.
func (r *rotation) use(at int) *object {
	o := r.active[at]
	if o.left--; o.left == 0 {
		r.active[at] = r.fresh(r.size)
	}
	return o
}
