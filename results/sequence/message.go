package sequence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// message is a message in the words of a label. Of a JSON object, as which actors
// write theirs, the names of the objects in it come first, for they say of what
// kind it is; then what is in it, without the signs that JSON needs.
func message(s string) string {
	var fields []field
	if err := json.Unmarshal([]byte(s), (*members)(&fields)); err != nil {
		return printable(s, 200)
	}
	kinds, rest := words(fields)
	return printable(strings.Join(append(kinds, rest...), " "), 200)
}

// kindOf is the first word of a message.
func kindOf(s string) string {
	kind, _, _ := strings.Cut(message(s), " ")
	return kind
}

// field is a member of a JSON object.
type field struct {
	name  string
	value json.RawMessage
}

// members are those of an object in the order in which they are written.
type members []field

// UnmarshalJSON implements json.Unmarshaler.
func (m *members) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return fmt.Errorf("no object: %w", err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		*m = append(*m, field{fmt.Sprint(name), value})
	}
	return nil
}

// function is the member that says what is asked for, as in a history.
const function = "f"

// words tells of the members: which are objects, and what else there is.
func words(fields []field) (kinds, rest []string) {
	for _, f := range fields {
		switch f.value[0] {
		case '{':
			var inner []field
			if json.Unmarshal(f.value, (*members)(&inner)) != nil {
				continue
			}
			kinds = append(kinds, f.name)
			further, more := words(inner)
			kinds = append(kinds, further...)
			rest = append(rest, more...)
		case '[':
			rest = append(rest, f.name+" "+items(f.value))
		case 't':
			rest = append(rest, f.name)
		case 'f':
			rest = append(rest, "not "+f.name)
		case '"':
			if f.name == function {
				kinds = append(kinds, unquote(f.value))
				continue
			}
			rest = append(rest, f.name+" "+unquote(f.value))
		default:
			rest = append(rest, f.name+" "+string(f.value))
		}
	}
	return kinds, rest
}

// items are those of a list, as words if they are objects.
func items(list json.RawMessage) string {
	var all []json.RawMessage
	if json.Unmarshal(list, &all) != nil {
		return ""
	}
	texts := make([]string, len(all))
	for i, item := range all {
		texts[i] = string(item)
		switch item[0] {
		case '{':
			texts[i] = message(texts[i])
		case '"':
			texts[i] = unquote(item)
		}
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func unquote(text json.RawMessage) string {
	var s string
	_ = json.Unmarshal(text, &s) // it is a valid string: a decoder has read it
	return s
}
