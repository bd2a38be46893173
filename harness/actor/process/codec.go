package process

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// codec frames payloads, in the log as between nodes: the payload's length, a
// CRC-32C and the payload, both numbers as 32 bits, little-endian. The checksum
// covers the length too, so that a stretch of zeros, which file systems leave
// behind after a power failure, is no row of empty records.
type codec struct {
	// bare leaves the checksum out: neither written nor checked.
	bare bool
}

func codecFor(cfg Config) codec { return codec{bare: cfg.NoChecksum} }

// errChecksum says that bytes were changed on their way.
var errChecksum = errors.New("wrong checksum")

// maxPayload bounds what a length that was damaged can make a reader wait for.
const maxPayload = 16 << 20

func (c codec) headerSize() int {
	if c.bare {
		return 4
	}
	return 8
}

func (c codec) append(dst, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	if !c.bare {
		dst = binary.LittleEndian.AppendUint32(dst, checksum(payload))
	}
	return append(dst, payload...)
}

// read reads one payload. The error is io.EOF only between two payloads.
func (c codec) read(r io.Reader) ([]byte, error) {
	var space [8]byte
	header := space[:c.headerSize()]
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(header)
	if size > maxPayload {
		return nil, fmt.Errorf("a length of %d bytes, more than the %d allowed", size, maxPayload)
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(r, payload); err != nil {
		return nil, noEOF(err)
	}
	if !c.bare && binary.LittleEndian.Uint32(header[4:]) != checksum(payload) {
		return nil, errChecksum
	}
	return payload, nil
}

// parse returns the payload that data begins with, not copied, and how many
// bytes it takes with its header. It allocates nothing, so that it can be tried
// at every offset of a damaged file.
func (c codec) parse(data []byte) (payload []byte, size int, sound bool) {
	head := c.headerSize()
	if len(data) < head {
		return nil, 0, false
	}
	length := binary.LittleEndian.Uint32(data)
	if length > maxPayload || int(length) > len(data)-head {
		return nil, 0, false
	}
	size = head + int(length)
	payload = data[head:size:size]
	sound = c.bare || binary.LittleEndian.Uint32(data[4:]) == checksum(payload)
	return payload, size, sound
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func checksum(payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	var size [4]byte
	binary.LittleEndian.PutUint32(size[:], uint32(len(payload)))
	return crc32.Update(crc32.Checksum(size[:], table), table, payload)
}
