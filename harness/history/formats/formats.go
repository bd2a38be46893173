// Package formats reads a history whose format nobody has named: it looks at the
// text, never at the file's name, and decompresses what is compressed. What is not
// understood is an error that says where.
package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jepsen"
)

// Options say how to read what a text itself leaves open.
type Options struct {
	// Keyed says whether values are [key value], in formats that do not say so.
	Keyed jepsen.Keyed
}

// Reading is a history with what should be known about it.
type Reading struct {
	History *history.History
	// Format is the name of the format in which it was found.
	Format string
	// Untimed is set if no operation has a time: what they have instead is made up,
	// and tells only their order.
	Untimed bool
	// Notes are sentences: what was left out, or put right.
	Notes []string
}

// Format is a way to write histories.
type Format struct {
	Name, About string

	// fits looks at the beginning of a text, which has no space before it.
	fits func(head []byte) bool
	// mark is what every operation has, so that room can be made for them all.
	mark string
	read reader
}

// reader reads a history, and what should be known about it.
type reader func(in io.Reader, o jepsen.Options) (Reading, error)

// All are the formats, in the order in which they are tried.
func All() []Format {
	return []Format{
		{Name: "assay", About: "Assay's own, one JSON object a line", fits: isOwn, mark: `"type":`, read: readOwn},
		{Name: "jepsen-json", About: "Jepsen's operations as JSON, in an array or one after the other", fits: isJSON, mark: `"type"`, read: noted(jepsen.ReadJSON)},
		{Name: "jepsen-edn", About: "Jepsen's history.edn, one map a line or all in a vector", fits: isEDN, mark: ":type", read: noted(jepsen.ReadEDN)},
		{Name: "jepsen-log", About: "lines of Jepsen's old console log, such as porcupine's recorded histories of etcd", fits: isLog, mark: "jepsen.util", read: noted(jepsen.ReadLog)},
	}
}

// isOwn knows the recorder's lines by their beginning. Such lines that a person
// wrote otherwise are read as Jepsen's, which they resemble.
func isOwn(head []byte) bool { return bytes.HasPrefix(head, []byte(`{"index":0,"process":`)) }

// space is what may stand before and within a text.
const space = " \t\r\n"

// isJSON: {"... or [{"... or an empty array.
func isJSON(head []byte) bool {
	if rest, list := bytes.CutPrefix(head, []byte("[")); list {
		head = bytes.TrimLeft(rest, space)
		if bytes.HasPrefix(head, []byte("]")) {
			return true
		}
	}
	rest, object := bytes.CutPrefix(head, []byte("{"))
	return object && bytes.HasPrefix(bytes.TrimLeft(rest, space), []byte(`"`))
}

// isEDN: a map, a vector, a list, a tag or a comment that is not JSON.
func isEDN(head []byte) bool { return len(head) > 0 && bytes.IndexByte([]byte("{[(#;"), head[0]) >= 0 }

func isLog(head []byte) bool { return bytes.HasPrefix(head, []byte("INFO")) }

// noted puts the notes of one of Jepsen's readers into words.
func noted(read func(io.Reader, jepsen.Options) (*history.History, jepsen.Notes, error)) reader {
	return func(in io.Reader, o jepsen.Options) (Reading, error) {
		h, notes, err := read(in, o)
		return Reading{History: h, Untimed: notes.Untimed, Notes: notes.Sentences()}, err
	}
}

func readOwn(in io.Reader, o jepsen.Options) (Reading, error) {
	h, notice, err := history.ReadFrom(in, o.Name, o.Room)
	if err != nil {
		return Reading{}, err
	}
	if err := h.WellFormed(); err != nil {
		return Reading{}, fmt.Errorf("%s: %w", o.Name, err)
	}
	r := Reading{History: h, Untimed: !slices.ContainsFunc(h.Ops, func(op history.Op) bool { return op.Time != 0 })}
	if notice.Truncated {
		r.Notes = []string{notice.String()}
	}
	return r, nil
}
