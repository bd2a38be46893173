package checkers

import (
	"encoding"
	"fmt"
)

var (
	_ encoding.TextMarshaler   = Validity(0)
	_ encoding.TextUnmarshaler = (*Validity)(nil)
)

// String is the word for people and for JSON: valid, invalid or unknown.
func (v Validity) String() string {
	switch v {
	case Unknown:
		return "unknown"
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return fmt.Sprintf("validity %d", uint8(v))
}

// MarshalText writes the word.
func (v Validity) MarshalText() ([]byte, error) {
	if v > Invalid {
		return nil, fmt.Errorf("%v is none of valid, invalid, unknown", v)
	}
	return []byte(v.String()), nil
}

// UnmarshalText reads the word and nothing else: a verdict that was misread
// would be worse than none.
func (v *Validity) UnmarshalText(text []byte) error {
	for _, known := range []Validity{Unknown, Valid, Invalid} {
		if string(text) == known.String() {
			*v = known
			return nil
		}
	}
	return fmt.Errorf("validity %q is none of valid, invalid, unknown", text)
}

// gravity orders validities: invalid > unknown > valid.
func (v Validity) gravity() int {
	switch v {
	case Invalid:
		return 2
	case Valid:
		return 0
	}
	return 1
}
