package edn

import (
	"math"

	"github.com/assaykit/assay/harness/history/token"
)

// number reads a number, and says whether the word is one. What Clojure knows
// beyond decimal numbers (22/7, 0x1F, 017, 2r101) stays the word that it is.
func (r *Reader) number(text []byte) (token.Token, bool) {
	if c := text[0]; c > '9' || c < '+' {
		return token.Token{}, false // most words are none
	}
	n, negative, ok := split(text)
	switch {
	case !ok:
		return token.Token{}, false
	case n.fraction == nil && n.exponent == nil:
		if i, fits := integer(n.whole, negative); fits && !n.decimal {
			return token.Token{Kind: token.Int, Int: i}, true
		}
	}
	return token.Token{Kind: token.Number, Text: r.json(n, negative)}, true
}

// parts are those of a decimal number.
type parts struct {
	whole, fraction, exponent []byte
	// decimal is set if it is no integer although it may look like one.
	decimal bool
}

// split finds the parts of [+-]digits[.digits][e[+-]digits][N or M].
func split(text []byte) (n parts, negative, ok bool) {
	if c := text[0]; c == '-' || c == '+' {
		negative, text = c == '-', text[1:]
	}
	n.whole, text = digits(text)
	if len(n.whole) == 0 || len(n.whole) > 1 && n.whole[0] == '0' {
		return n, negative, false
	}
	if len(text) > 0 && text[0] == '.' {
		n.fraction, text = digits(text[1:])
		n.decimal = true
	}
	if len(text) > 0 && (text[0] == 'e' || text[0] == 'E') {
		if n.exponent, text = exponent(text); len(n.exponent) == 0 {
			return n, negative, false
		}
		n.decimal = true
	}
	if len(text) == 1 && (text[0] == 'M' || text[0] == 'N' && !n.decimal) {
		n.decimal = text[0] == 'M'
		text = nil
	}
	return n, negative, len(text) == 0
}

func digits(text []byte) (head, tail []byte) {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return text[:n:n], text[n:]
}

// exponent gives the exponent with its letter and sign, empty if it has no
// digits.
func exponent(text []byte) (head, tail []byte) {
	sign := 1
	if len(text) > 1 && (text[1] == '-' || text[1] == '+') {
		sign = 2
	}
	power, tail := digits(text[sign:])
	if len(power) == 0 {
		return nil, tail
	}
	n := sign + len(power)
	return text[:n:n], tail
}

// integer is the value of digits, and says whether it has 64 bits.
func integer(digits []byte, negative bool) (int64, bool) {
	if len(digits) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range digits {
		n = n*10 + uint64(c-'0') // 19 digits fit into 64 bits without a sign
	}
	if negative {
		return -int64(n), n <= -math.MinInt64
	}
	return int64(n), n <= math.MaxInt64
}

// json writes a number as JSON writes it: 1., 1.5M and 12N are 1.0, 1.5 and 12.
func (r *Reader) json(n parts, negative bool) []byte {
	b := r.scratch[:0]
	if negative {
		b = append(b, '-')
	}
	b = append(b, n.whole...)
	if n.fraction != nil || n.decimal && n.exponent == nil {
		if b = append(b, '.'); len(n.fraction) == 0 {
			b = append(b, '0')
		}
		b = append(b, n.fraction...)
	}
	r.scratch = append(b, n.exponent...)
	return r.scratch
}
