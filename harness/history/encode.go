package history

import (
	"encoding/json"
	"fmt"
	"strconv"
)

const (
	// maxDepth is how deep lists and objects of a value may be nested.
	maxDepth = 100
	// maxLine is how long a line of a history may be, in bytes.
	maxLine = 64 << 20
)

// typeNames are the names in a history's lines, by Type.
var typeNames = [...]string{Invoke: "invoke", OK: "ok", Fail: "fail", Info: "info"}

// nemesisName stands for the number of the nemesis' process.
const nemesisName = "nemesis"

func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}

// MarshalJSON writes the normal form.
func (v Value) MarshalJSON() ([]byte, error) {
	if tooDeep(v, maxDepth) {
		return nil, fmt.Errorf("a value is nested more than %d deep", maxDepth)
	}
	return appendValue(nil, v), nil
}

// MarshalJSON writes one line, without its end. The fields key, node, error,
// final and fault are left out when empty; all others are always there, so that
// a read's null is seen.
func (o Op) MarshalJSON() ([]byte, error) { return appendOp(nil, &o) }

func appendOp(b []byte, o *Op) ([]byte, error) {
	if err := writable(o); err != nil {
		return b, err
	}
	b = strconv.AppendInt(append(b, `{"index":`...), int64(o.Index), 10)
	b = appendProcess(append(b, `,"process":`...), o.Process)
	b = append(append(append(b, `,"type":"`...), typeNames[o.Type]...), '"')
	b = appendString(append(b, `,"f":`...), o.F)
	b = appendOptional(b, `,"key":`, o.Key)
	b = appendValue(append(b, `,"value":`...), o.Value)
	b = strconv.AppendInt(append(b, `,"time":`...), int64(o.Time), 10)
	b = appendOptional(b, `,"node":`, o.Node)
	b = appendOptional(b, `,"error":`, o.Error)
	if o.Final {
		b = append(b, `,"final":true`...)
	}
	b, err := appendFault(b, o.Fault)
	return append(b, '}'), err
}

// writable says why an op could not be read back, if so.
func writable(o *Op) error {
	switch {
	case int(o.Type) >= len(typeNames):
		return fmt.Errorf("op %d has the unknown %v", o.Index, o.Type)
	case o.Process < Nemesis:
		return fmt.Errorf("op %d has the process %d: processes are numbered from 0", o.Index, o.Process)
	case tooDeep(o.Value, maxDepth):
		return fmt.Errorf("op %d has a value nested more than %d deep", o.Index, maxDepth)
	}
	return nil
}

func appendProcess(b []byte, process int) []byte {
	if process == Nemesis {
		return appendString(b, nemesisName)
	}
	return strconv.AppendInt(b, int64(process), 10)
}

func appendOptional(b []byte, field, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, field...), s)
}

func appendFault(b []byte, f *Fault) ([]byte, error) {
	if f == nil {
		return b, nil
	}
	text, err := json.Marshal(f)
	return append(append(b, `,"fault":`...), text...), err
}

func appendValue(b []byte, v Value) []byte {
	switch v.kind {
	case KindNil:
		return append(b, "null"...)
	case KindBool:
		return strconv.AppendBool(b, v.num == 1)
	case KindInt:
		return strconv.AppendInt(b, v.num, 10)
	case KindString:
		return appendString(b, v.more.text)
	case KindList:
		return appendList(b, v)
	case KindRaw:
		return append(b, v.more.text...)
	}
	panic("history: a value of kind " + strconv.Itoa(int(v.kind)) + " cannot be made")
}

func appendList(b []byte, v Value) []byte {
	items, _ := v.Items()
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, item)
	}
	return append(b, ']')
}

// tooDeep says whether lists and objects are nested deeper than the limit.
func tooDeep(v Value, limit int) bool {
	if v.kind == KindRaw {
		return v.num > int64(limit)
	}
	items, isList := v.Items()
	if isList && limit == 0 {
		return true
	}
	for _, item := range items {
		if tooDeep(item, limit-1) {
			return true
		}
	}
	return false
}

const hex = "0123456789abcdef"

// appendString writes a string with the fewest escapes that JSON allows.
func appendString(b []byte, s string) []byte {
	s = validText(s)
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = appendEscape(append(b, s[start:i]...), c)
			start = i + 1
		}
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\t':
		return append(b, '\\', 't')
	case '\r':
		return append(b, '\\', 'r')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
