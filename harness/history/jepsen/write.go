package jepsen

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/edn"
	"github.com/assaykit/assay/harness/history/token"
)

// WriteEDN writes a history as Jepsen's history.edn, one operation a line. If
// operations have keys, all values are [key value], and are read back with
// Keyed: Yes. What the nemesis did is info, as in Jepsen, and what it was in truth
// stands in the fields outcome and fault.
func WriteEDN(w io.Writer, h *history.History) error {
	return write(w, h, "", "\n", appendEDN)
}

// WriteJSON writes the same as one JSON array, which elle-cli reads.
func WriteJSON(w io.Writer, h *history.History) error {
	b := bufio.NewWriter(w)
	b.WriteString("[\n")
	if err := write(b, h, ",\n", "", appendJSON); err != nil {
		return err
	}
	b.WriteString("\n]\n")
	return b.Flush()
}

// appendLine appends an operation.
type appendLine func(b []byte, op *history.Op, keyed bool) ([]byte, error)

// write writes operations with something between and something behind them.
func write(w io.Writer, h *history.History, between, behind string, line appendLine) error {
	out := bufio.NewWriterSize(w, 256<<10)
	keyed := hasKeys(h)
	var b []byte
	for i := range h.Ops {
		b = b[:0]
		if i > 0 {
			b = append(b, between...)
		}
		b, err := line(b, &h.Ops[i], keyed)
		if err == nil {
			_, err = out.Write(append(b, behind...))
		}
		if err != nil {
			return fmt.Errorf("write operation %d: %w", i, err)
		}
	}
	return out.Flush()
}

func hasKeys(h *history.History) bool {
	for i := range h.Ops {
		if h.Ops[i].Key != "" {
			return true
		}
	}
	return false
}

// told is the value and the type that Jepsen would have written.
func told(op *history.Op, keyed bool) (history.Value, history.Type) {
	switch {
	case op.Process == history.Nemesis:
		return op.Value, history.Info
	case keyed:
		return history.List(keyValue(op.Key), op.Value), op.Type
	}
	return op.Value, op.Type
}

func appendEDN(b []byte, op *history.Op, keyed bool) ([]byte, error) {
	value, kind := told(op, keyed)
	b = strconv.AppendInt(append(b, "{:index "...), int64(op.Index), 10)
	b = append(append(b, ", :type :"...), kind.String()...)
	b = append(b, ", :process "...)
	if op.Process == history.Nemesis {
		b = append(b, ":nemesis"...)
	} else {
		b = strconv.AppendInt(b, int64(op.Process), 10)
	}
	b = edn.AppendName(append(b, ", :f "...), op.F)
	b = appendValue(append(b, ", :value "...), value, op.F == "txn", keyed)
	b = strconv.AppendInt(append(b, ", :time "...), int64(op.Time), 10)
	b = appendMoreEDN(b, op)
	return append(b, '}'), nil
}

func appendMoreEDN(b []byte, op *history.Op) []byte {
	if op.Node != "" {
		b = token.Quote(append(b, ", :node "...), op.Node)
	}
	if op.Error != "" {
		b = token.Quote(append(b, ", :error "...), op.Error)
	}
	if op.Final {
		b = append(b, ", :final true"...)
	}
	if op.Process == history.Nemesis {
		b = append(append(b, ", :outcome :"...), op.Type.String()...)
	}
	if op.Fault != nil {
		b = edn.AppendValue(append(b, ", :fault "...), faultValue(op.Fault))
	}
	return b
}

// appendValue writes a value, and the names of a transaction's operations as
// keywords, as Elle wants them.
func appendValue(b []byte, v history.Value, transaction, keyed bool) []byte {
	items, isList := v.Items()
	switch {
	case !transaction || !isList:
		return edn.AppendValue(b, v)
	case keyed:
		b = append(edn.AppendValue(append(b, '['), items[0]), ' ')
		return append(appendValue(b, items[1], true, false), ']')
	}
	b = append(b, '[')
	for i, micro := range items {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendMicro(b, micro)
	}
	return append(b, ']')
}

func appendMicro(b []byte, v history.Value) []byte {
	items, _ := v.Items()
	if len(items) == 0 {
		return edn.AppendValue(b, v)
	}
	name, is := items[0].Text()
	if !is {
		return edn.AppendValue(b, v)
	}
	b = edn.AppendName(append(b, '['), name)
	for _, item := range items[1:] {
		b = edn.AppendValue(append(b, ' '), item)
	}
	return append(b, ']')
}

func appendJSON(b []byte, op *history.Op, keyed bool) ([]byte, error) {
	value, kind := told(op, keyed)
	text, err := value.MarshalJSON()
	if err != nil {
		return b, err
	}
	b = strconv.AppendInt(append(b, `{"index":`...), int64(op.Index), 10)
	b = append(append(b, `,"type":"`...), kind.String()...)
	b = append(b, `","process":`...)
	if op.Process == history.Nemesis {
		b = append(b, `"nemesis"`...)
	} else {
		b = strconv.AppendInt(b, int64(op.Process), 10)
	}
	b = token.Quote(append(b, `,"f":`...), op.F)
	b = append(append(b, `,"value":`...), text...)
	b = strconv.AppendInt(append(b, `,"time":`...), int64(op.Time), 10)
	return append(appendMoreJSON(b, op), '}'), nil
}

func appendMoreJSON(b []byte, op *history.Op) []byte {
	if op.Node != "" {
		b = token.Quote(append(b, `,"node":`...), op.Node)
	}
	if op.Error != "" {
		b = token.Quote(append(b, `,"error":`...), op.Error)
	}
	if op.Final {
		b = append(b, `,"final":true`...)
	}
	if op.Process == history.Nemesis {
		b = append(append(append(b, `,"outcome":"`...), op.Type.String()...), '"')
	}
	if op.Fault != nil {
		b = append(append(b, `,"fault":`...), token.Text(faultValue(op.Fault))...)
	}
	return b
}

func faultValue(f *history.Fault) history.Value {
	var v history.Value
	text, err := json.Marshal(f)
	if err == nil {
		err = v.UnmarshalJSON(text)
	}
	if err != nil {
		panic("jepsen: a fault is no JSON: " + err.Error()) // numbers and strings are
	}
	return v
}

// faultOf is the fault that Write wrote, or nil if the value is none.
func faultOf(v history.Value) *history.Fault {
	f := new(history.Fault)
	if v.Kind() != history.KindRaw || json.Unmarshal([]byte(token.Text(v)), f) != nil || f.Name == "" {
		return nil
	}
	return f
}
