//go:build linux

package packet

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

func TestWhatIsWrittenAsAttributesIsRead(t *testing.T) {
	for length := range 9 {
		payload := bytes.Repeat([]byte{7}, length)
		header := append(binary.BigEndian.AppendUint32(nil, 99), 8, 0, 1, 0)
		attributes := attribute(attribute(attribute(nil, 5, []byte{1}), attributePacketHeader, header), attributePayload, payload)
		id, got, ok := parse(attributes)
		if !ok || id != 99 || !bytes.Equal(got, payload) || len(attributes)%4 != 0 {
			t.Errorf("%x: packet %d, %x, %v", attributes, id, got, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(attribute(nil, attributePayload, []byte("payload")))
	f.Add([]byte{3, 0, 1, 0})
	f.Add([]byte{255, 255, 1, 0})
	f.Fuzz(func(t *testing.T, attributes []byte) {
		if _, payload, _ := parse(attributes); len(payload) > len(attributes) {
			t.Error("more than there was")
		}
	})
}

func TestPacketsOfOneMomentKeepTheirOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var s schedule
		for turn := range uint64(50) {
			heap.Push(&s, held{at: random.Int64N(5), turn: turn})
		}
		last := held{at: -1}
		for len(s) > 0 {
			h := heap.Pop(&s).(held)
			if h.at < last.at || h.at == last.at && h.turn < last.turn {
				t.Fatalf("%+v after %+v", h, last)
			}
			last = h
		}
	}
}
