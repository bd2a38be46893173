package edn

import "github.com/assaykit/assay/harness/history/token"

// inString are the bytes that matter within a string.
var inString = token.NewBytes(`"\`)

// string reads a string from its quote on. Escapes that EDN does not know stay as
// they are: a regular expression may have any.
func (r *Reader) string() (token.Token, error) {
	s := r.source
	s.Skip()
	opened, escaped := len(s.Taken()), false
	for {
		switch s.SkipUntil(inString) {
		case '"':
			text := s.Taken()[opened:]
			if s.Skip(); escaped {
				r.scratch, _ = token.Unescape(r.scratch[:0], text)
				text = r.scratch
			}
			return token.Token{Kind: token.String, Text: text}, nil
		case '\\':
			escaped = true
			s.Skip()
			s.Peek() // whatever it is, it belongs to the string
		}
		if s.AtEnd() {
			return token.Token{}, s.FailNext(`'"'`)
		}
		s.Skip()
	}
}
