package workloads

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// objects is what a memory keeps of everything but registers, queues and sets.
type objects struct {
	boxes      map[string][]Message
	out        []taken // and not acknowledged
	tickets    int
	partitions map[string][]Record
	read       map[string]int64 // what a group has read of a partition
	entries    []Entry
	tokens     int64
	owned      map[string]bool
	ids        int64
	counters   map[string]int
	holds      map[string]Change
	changed    []Change
	version    int64
}

func keep[V any](m *map[string]V, key string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = v
}

func (m *memory) Publish(_ context.Context, queue string, value int) error {
	if !m.wrong(m.lossy) {
		keep(&m.boxes, queue, append(m.boxes[queue], Message{Value: value}))
	}
	return m.down()
}

func (m *memory) Take(_ context.Context, queue string) (Message, bool, error) {
	box := m.boxes[queue]
	if len(box) == 0 {
		return Message{}, false, m.down()
	}
	message := box[0]
	m.tickets++
	message.Ticket = fmt.Sprint(m.tickets)
	m.boxes[queue] = box[1:]
	m.out = append(m.out, taken{queue, message})
	return message, true, m.down()
}

func (m *memory) Acknowledge(_ context.Context, queue, ticket string) error {
	if !m.wrong(m.forgetful) {
		m.out = slices.DeleteFunc(m.out, func(t taken) bool { return t.queue == queue && t.Ticket == ticket })
	}
	return m.down()
}

func (m *memory) Append(_ context.Context, partition string, value int) (int64, error) {
	records := m.partitions[partition]
	offset := int64(10 * len(records)) // there are gaps
	if !m.wrong(m.lossy) {
		keep(&m.partitions, partition, append(records, Record{offset, value}))
	}
	return offset, m.down()
}

func (m *memory) Records(_ context.Context, partition string, from int64, most int) ([]Record, error) {
	var found []Record
	for _, r := range m.partitions[partition] {
		if r.Offset >= from && len(found) < most {
			found = append(found, r)
		}
	}
	return found, m.down()
}

func (m *memory) Poll(ctx context.Context, group, partition string, most int) ([]Record, error) {
	return m.Records(ctx, partition, m.read[partition+group], most)
}

func (m *memory) Commit(_ context.Context, group, partition string, offset int64) error {
	if !m.wrong(m.forgetful) {
		keep(&m.read, partition+group, offset+1)
	}
	return m.down()
}

func (m *memory) Charge(ctx context.Context, order, amount int) error {
	switch wrong := m.wrong(m.lossy || m.doubling); {
	case wrong && m.lossy, slices.Contains(m.entries, Entry{order, amount}):
		return m.down()
	case wrong:
		_ = m.ChargeBlindly(ctx, order, amount)
	}
	return m.ChargeBlindly(ctx, order, amount)
}

func (m *memory) ChargeBlindly(_ context.Context, order, amount int) error {
	m.entries = append(m.entries, Entry{order, amount})
	return m.down()
}

func (m *memory) Entries(context.Context) ([]Entry, error) { return slices.Clone(m.entries), m.down() }

func (m *memory) Acquire(_ context.Context, lock string) (bool, int64, error) {
	if !m.wrong(m.doubling) {
		m.tokens++
	}
	keep(&m.owned, lock, true)
	return true, m.tokens, m.down()
}

func (m *memory) AcquireFor(ctx context.Context, lock string, _ time.Duration) (bool, int64, error) {
	return m.Acquire(ctx, lock)
}

func (m *memory) Release(_ context.Context, lock string) (bool, error) {
	owned := m.owned[lock]
	delete(m.owned, lock)
	return owned, m.down()
}

func (m *memory) Generate(context.Context) (int64, error) {
	if !m.wrong(m.doubling) {
		m.ids++
	}
	return m.ids, m.down()
}

func (m *memory) Increment(_ context.Context, counter string, by int) error {
	if m.wrong(m.doubling) {
		by *= 2
	}
	keep(&m.counters, counter, m.counters[counter]+by)
	return m.down()
}

func (m *memory) Count(_ context.Context, counter string) (int, error) {
	return m.counters[counter], m.down()
}

func (m *memory) Get(_ context.Context, key string) (int, int64, error) {
	c := m.holds[key]
	return c.Value, c.Version, m.down()
}

func (m *memory) Put(_ context.Context, key string, value int) (int64, error) {
	m.version++
	c := Change{Key: key, Value: value, Version: m.version}
	keep(&m.holds, key, c)
	m.changed = append(m.changed, c)
	return m.version, m.down()
}

func (m *memory) PutIf(ctx context.Context, key string, value int, version int64) (int64, bool, error) {
	if m.holds[key].Version != version && !m.wrong(m.lossy) {
		return 0, false, m.down()
	}
	now, err := m.Put(ctx, key, value)
	return now, true, err
}

func (m *memory) Delete(_ context.Context, key string) (int64, error) {
	if _, there := m.holds[key]; !there {
		return 0, m.down()
	}
	m.version++
	delete(m.holds, key)
	m.changed = append(m.changed, Change{Key: key, Version: m.version, Deleted: true})
	return m.version, m.down()
}

func (m *memory) Changes(_ context.Context, prefix string, after int64) ([]Change, int64, error) {
	var told []Change
	for _, c := range m.changed {
		if c.Version > after && strings.HasPrefix(c.Key, prefix) && !m.wrong(m.forgetful) {
			told = append(told, c)
		}
	}
	return told, max(after, m.version), m.down()
}

func (m *memory) Leads(context.Context) (bool, int64, error) { return true, 1, m.down() }

var (
	_ Messages      = (*memory)(nil)
	_ Log           = (*memory)(nil)
	_ ConsumerGroup = (*memory)(nil)
	_ BlindLedger   = (*memory)(nil)
	_ Lock          = (*memory)(nil)
	_ Lease         = (*memory)(nil)
	_ Counter       = (*memory)(nil)
	_ Identifiers   = (*memory)(nil)
	_ Versions      = (*memory)(nil)
	_ Watch         = (*memory)(nil)
	_ Leadership    = (*memory)(nil)
)
