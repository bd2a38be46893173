package explorer

import (
	"bytes"
	"html/template"

	"github.com/assaykit/assay/harness/history"
)

const (
	// textsChunk is how many operations a blob of texts has. It is unpacked when
	// one of them is looked at.
	textsChunk = 1 << 13
	// mostPacked is how many bytes of a page an operation's text may take on
	// average, so that a million of them leave room for the rest in 40 MB.
	mostPacked = 20
	// alwaysPacked is what a blob may take in any case.
	alwaysPacked = 16 << 10
)

// lengths are how much is shown of a value, and of an error: the first that a blob
// has room for.
var lengths = []int{400, 160, 60, 24}

// packTexts packs what the operations did and what came of them: a line each, with
// the error behind a tab if there is one.
func packTexts(in Input) ([]template.HTML, error) {
	small := len(in.Calls) <= 4*textsChunk
	return chunks(len(in.Calls), textsChunk, func(from, to int) (template.HTML, error) {
		room := max(alwaysPacked, mostPacked*(to-from))
		if small {
			room *= 10
		}
		return packText(in, in.Calls[from:to], room)
	})
}

func packText(in Input, calls []history.Call, room int) (template.HTML, error) {
	var packed []byte
	for _, most := range lengths {
		var err error
		if packed, err = deflate(lines(in, calls, most)); err != nil {
			return "", err
		}
		if len(packed) <= room {
			break
		}
	}
	return armour(packed), nil
}

func lines(in Input, calls []history.Call, most int) []byte {
	var b bytes.Buffer
	for _, c := range calls {
		b.WriteString(in.Label(c, most))
		if c.Error != "" {
			b.WriteByte('\t')
			b.WriteString(in.Tidy(c.Error, most))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
