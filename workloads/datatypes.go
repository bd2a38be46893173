// Package workloads says what clients do and which promise that puts to the
// test: a workload is a generator of operations, the final reads, and the
// checkers. The small interfaces below are what a target's client implements to
// be testable.
package workloads

import "context"

// An error of any of these methods means that the outcome is unknown, unless it
// is wrapped by NoEffect, which states that the operation certainly had no
// effect, now or later.

// Register is a set of independent integer registers.
type Register interface {
	// Read returns found=false for a key that was never written.
	Read(ctx context.Context, key string) (value int, found bool, err error)
	Write(ctx context.Context, key string, value int) error
	// CompareAndSet returns swapped=false, and no error, if the system itself
	// answered that the register did not hold old.
	CompareAndSet(ctx context.Context, key string, old, new int) (swapped bool, err error)
}

// Queue is a first-in, first-out queue; receiving removes the message.
type Queue interface {
	Send(ctx context.Context, queue string, value int) error
	// Receive returns found=false if the queue was empty.
	Receive(ctx context.Context, queue string) (value int, found bool, err error)
}

// Set is a grow-only set.
type Set interface {
	Add(ctx context.Context, set string, element int) error
	Elements(ctx context.Context, set string) ([]int, error)
}
