package explorer

import (
	"encoding/binary"
	"html/template"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// columnsChunk is how many operations a blob of columns has: few enough to be
// unpacked between two pictures of a screen.
const columnsChunk = 1 << 16

// The flags of an operation.
const (
	flagOK   = 0
	flagFail = 1
	flagInfo = 2
	// flagFinal and flagOpen are added: a final read; no completion.
	flagFinal = 4
	flagOpen  = 8
)

// packColumns packs what there is to draw. A blob has one column after the other,
// each of as many numbers as there are operations, as unsigned LEB128: what is alike
// lies side by side, and deflates well. The columns are
//
//	start     nanoseconds since the operation before; of the first in a blob, since the run began
//	took      nanoseconds until the client stopped waiting
//	process   as it is
//	node      0 if the same as in the operation before of the same process in this blob,
//	          or else the number of its name, plus one
//	kind      the number of its name
//	key       the number of its name
//	flags     the sum of the flags
//	invoke    index of the invocation, less that of the operation before; of the first in a
//	          blob, itself; a negative n as -2n-1, others as 2n
//	complete  index of the completion, less that of the invocation; 0 if there is none
func packColumns(in Input, n *names) ([]template.HTML, error) {
	return chunks(len(in.Calls), columnsChunk, func(from, to int) (template.HTML, error) {
		return pack(columns(in, n, in.Calls[from:to]))
	})
}

func columns(in Input, n *names, calls []history.Call) []byte {
	data := make([]byte, 0, 16*len(calls))
	column := func(value func(c *history.Call) int) {
		for i := range calls {
			data = binary.AppendUvarint(data, uint64(max(0, value(&calls[i]))))
		}
	}
	column(sinceLast(func(c *history.Call) int { return int(c.Start) }))
	column(func(c *history.Call) int { return int(took(in, c)) })
	column(func(c *history.Call) int { return c.Process })
	column(moved(n))
	column(func(c *history.Call) int { return n.kinds.number[c.F] })
	column(func(c *history.Call) int { return n.keys.number[c.Key] })
	column(flags)
	column(signed(sinceLast(func(c *history.Call) int { return c.Invoke })))
	column(func(c *history.Call) int { return c.Complete - c.Invoke })
	return data
}

// sinceLast is the difference from the value of the call before.
func sinceLast(value func(*history.Call) int) func(*history.Call) int {
	last := 0
	return func(c *history.Call) int {
		now := value(c)
		more := now - last
		last = now
		return more
	}
}

// signed makes room for what is less than zero.
func signed(value func(*history.Call) int) func(*history.Call) int {
	return func(c *history.Call) int {
		n := value(c)
		if n < 0 {
			return -2*n - 1
		}
		return 2 * n
	}
}

// moved says to which node a process went, if it did not stay where it was.
func moved(n *names) func(*history.Call) int {
	last := map[int]int{}
	return func(c *history.Call) int {
		node := n.nodes.number[c.Node] + 1
		if last[c.Process] == node {
			return 0
		}
		last[c.Process] = node
		return node
	}
}

func took(in Input, c *history.Call) time.Duration { return in.Over(*c) - c.Start }

func flags(c *history.Call) int {
	f := flagInfo
	switch c.Type {
	case history.OK:
		f = flagOK
	case history.Fail:
		f = flagFail
	}
	if c.Final {
		f += flagFinal
	}
	if c.Complete < 0 {
		f += flagOpen
	}
	return f
}
