package explorer

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zlib"
	"golang.org/x/sync/errgroup"
)

// pack makes a blob: deflated, with zlib's frame (RFC 1950), as browsers unpack it,
// in Base64, which can neither end an element nor begin one.
func pack(data []byte) (template.HTML, error) {
	deflated, err := deflate(data)
	if err != nil {
		return "", err
	}
	return armour(deflated), nil
}

// writers are kept, because each has a megabyte of tables, and a page has hundreds of
// blobs.
var writers = sync.Pool{New: func() any {
	w, err := zlib.NewWriterLevel(nil, level)
	if err != nil {
		panic("explorer: " + err.Error()) // the level is a constant
	}
	return w
}}

// level is where more time no longer makes blobs much smaller.
const level = 6

func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w := writers.Get().(*zlib.Writer)
	defer writers.Put(w)
	w.Reset(&b)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func armour(data []byte) template.HTML {
	return template.HTML(base64.StdEncoding.EncodeToString(data))
}

// chunks packs count things, so many at a time, on all processors: one packs those
// from the first number to before the second.
func chunks(count, size int, one func(from, to int) (template.HTML, error)) ([]template.HTML, error) {
	packed := make([]template.HTML, (count+size-1)/size)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range packed {
		group.Go(func() (err error) {
			packed[i], err = one(i*size, min(count, (i+1)*size))
			return err
		})
	}
	return packed, group.Wait()
}
