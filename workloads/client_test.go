package workloads

import (
	"context"
	"errors"
	"slices"
)

// memory is a client of a system in this process that does everything right,
// unless told otherwise.
type memory struct {
	registers map[string][]int // all values that a register ever had
	queues    map[string][]int
	sets      map[string][]int
	calls     int
	balances  map[int]int // of the accounts of a bank
	objects

	stale, lossy, doubling, forgetful, unreachable bool
}

func newMemory() *memory {
	return &memory{registers: map[string][]int{}, queues: map[string][]int{}, sets: map[string][]int{}}
}

// Close drops the connection: what was taken and not acknowledged is handed out again.
func (m *memory) Close() error {
	for _, t := range m.out {
		if m.stale {
			continue
		}
		m.boxes[t.queue] = append([]Message{t.Message}, m.boxes[t.queue]...)
	}
	m.out = nil
	return nil
}

// wrong is true every tenth time, if the fault is switched on.
func (m *memory) wrong(fault bool) bool {
	m.calls++
	return fault && m.calls%10 == 0
}

func (m *memory) down() error {
	if m.unreachable {
		return NoEffect(errors.New("connection refused"))
	}
	return nil
}

func (m *memory) Read(_ context.Context, key string) (int, bool, error) {
	had := m.registers[key]
	if m.wrong(m.stale) && len(had) > 1 {
		had = had[:len(had)-1]
	}
	if len(had) == 0 {
		return 0, false, m.down()
	}
	return had[len(had)-1], true, m.down()
}

func (m *memory) Write(_ context.Context, key string, value int) error {
	m.registers[key] = append(m.registers[key], value)
	return m.down()
}

func (m *memory) CompareAndSet(_ context.Context, key string, old, new int) (bool, error) {
	if had := m.registers[key]; len(had) == 0 || had[len(had)-1] != old {
		return false, m.down()
	}
	m.registers[key] = append(m.registers[key], new)
	return true, m.down()
}

func (m *memory) Send(_ context.Context, queue string, value int) error {
	if !m.wrong(m.lossy) {
		m.queues[queue] = append(m.queues[queue], value)
	}
	return m.down()
}

func (m *memory) Receive(_ context.Context, queue string) (int, bool, error) {
	waiting := m.queues[queue]
	if len(waiting) == 0 {
		return 0, false, m.down()
	}
	if !m.wrong(m.doubling) {
		m.queues[queue] = waiting[1:]
	}
	return waiting[0], true, m.down()
}

func (m *memory) Add(_ context.Context, set string, element int) error {
	if !m.wrong(m.forgetful) {
		m.sets[set] = append(m.sets[set], element)
	}
	return m.down()
}

func (m *memory) Elements(_ context.Context, set string) ([]int, error) {
	return slices.Clone(m.sets[set]), m.down()
}

var (
	_ Register = (*memory)(nil)
	_ Queue    = (*memory)(nil)
	_ Set      = (*memory)(nil)
)

// deaf is a client that can do nothing.
type deaf struct{}

func (deaf) Close() error { return nil }
