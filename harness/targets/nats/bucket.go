package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What is in a bucket is read and written as the library's own buckets do, with the
// same subjects and headers. Its functions are not used, because they try again what
// had no effect, do not tell which version a deletion has, and take a key for new
// that was deleted in the meantime.

// Headers of messages in buckets.
const (
	operation = "KV-Operation"
	deletion  = "DEL"
)

// entry is what a key holds. Version is that of its last change, be it a deletion,
// and 0 if there never was one.
type entry struct {
	value   int
	found   bool
	version uint64
}

func (c *client) get(ctx context.Context, bucket, key string) (entry, error) {
	s, err := c.stream(ctx, bucketPrefix+bucket)
	if err != nil {
		return entry{}, err
	}
	m, err := s.GetLastMsgForSubject(ctx, subject(bucket, key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return entry{}, nil
	}
	if err != nil {
		return entry{}, harmless(err)
	}
	if m.Header.Get(operation) == deletion {
		return entry{version: m.Sequence}, nil
	}
	value, err := strconv.Atoi(string(m.Data))
	return entry{value, err == nil, m.Sequence}, harmless(err)
}

// put changes a key whatever it holds.
func (c *client) put(ctx context.Context, bucket, key string, value int) (uint64, error) {
	return c.publish(ctx, bucketPrefix+bucket, message(bucket, key, value))
}

// putIf changes a key if its last change has a version.
func (c *client) putIf(ctx context.Context, bucket, key string, value int, version uint64) (uint64, error) {
	return c.publish(ctx, bucketPrefix+bucket, expecting(message(bucket, key, value), version))
}

// deleteIf marks a key as deleted if its last change has a version.
func (c *client) deleteIf(ctx context.Context, bucket, key string, version uint64) (uint64, error) {
	m := nats.NewMsg(subject(bucket, key))
	m.Header.Set(operation, deletion)
	return c.publish(ctx, bucketPrefix+bucket, expecting(m, version))
}

func message(bucket, key string, value int) *nats.Msg {
	m := nats.NewMsg(subject(bucket, key))
	m.Data = []byte(strconv.Itoa(value))
	return m
}

func expecting(m *nats.Msg, version uint64) *nats.Msg {
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(version, 10))
	return m
}

func subject(bucket, key string) string { return fmt.Sprintf("%s%s.%s", keyPrefix, bucket, key) }
