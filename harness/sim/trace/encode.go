package trace

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// header is the first line of the text form. A later form will have another
// number.
const header = "assay trace 1"

// Encode writes the text form:
//
//	assay trace 1
//	clock time
//	nodes n1 n2 n3
//	clients c0 c1
//	0.001500000 invoke c0 #4 write x 7
//	0.001500000 send c0->n1 #1 {"f":"write","value":7}
//	0.001810000 deliver c0->n1 #1
//	0.002000000 fault #1 n1,n2 partition n1 n2 | n3
//	0.002100000 drop n1->n3 #2 partition
//	0.003000000 complete c0 #4 ok 7
//
// A line is an event: when (seconds, or the step), what, where, its number, and
// then, up to the end of the line, its text. Characters that would not show or
// would be taken for something else are escaped as in Go strings.
func (t *Trace) Encode(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\nclock %s\n", header, t.Clock)
	fmt.Fprintf(out, "nodes%s\nclients%s\n", names(t.Nodes), names(t.Clients))
	for _, e := range t.Events {
		out.WriteString(t.Clock.moment(e.At))
		out.WriteByte(' ')
		out.WriteString(e.String())
		out.WriteByte('\n')
	}
	return out.Flush()
}

// String is the event's line without the time.
func (e Event) String() string {
	line := kinds[e.Kind]
	switch {
	case e.Kind.message():
		line += " " + escapeName(e.Node) + "->" + escapeName(e.Peer)
	case e.Node != "":
		line += " " + escapeName(e.Node)
	}
	if e.Kind.numbered() {
		line += " #" + strconv.Itoa(e.Number)
	}
	if e.Kind == Fault {
		line += " " + list(e.Nodes)
	}
	if e.Kind == Complete {
		line += " " + outcomes[e.Outcome]
	}
	if e.Text != "" {
		line += " " + escape(e.Text)
	}
	return line
}

// numbered says whether events of this kind have a number.
func (k Kind) numbered() bool {
	switch k {
	case Fault, Heal, Invoke, Complete, Violation:
		return true
	}
	return k.message()
}

func (c Clock) String() string {
	if c == Steps {
		return "steps"
	}
	return "time"
}

// moment is a time in seconds with all nine places, or the number of a step.
func (c Clock) moment(at time.Duration) string {
	if c == Steps {
		return strconv.FormatInt(int64(at), 10)
	}
	return fmt.Sprintf("%d.%09d", at/time.Second, at%time.Second)
}

func names(all []string) string {
	var b strings.Builder
	for _, name := range all {
		b.WriteByte(' ')
		b.WriteString(escapeName(name))
	}
	return b.String()
}

// everywhere is the list of nodes of a fault that strikes all.
const everywhere = "*"

func list(nodes []string) string {
	if len(nodes) == 0 {
		return everywhere
	}
	escaped := make([]string, len(nodes))
	for i, n := range nodes {
		escaped[i] = escapeName(n)
	}
	return strings.Join(escaped, ",")
}

// escape leaves a text on its line and in its place: whoever reads it with an
// editor sees all that there is, and nothing that turns the line around.
func escape(s string) string { return escapeWhere(s, special) }

// escapeName also escapes what separates names from what is around them.
func escapeName(s string) string {
	return escapeWhere(s, func(r rune) bool { return special(r) || strings.ContainsRune(" #,>*", r) })
}

func special(r rune) bool { return r == '\\' || r != ' ' && !unicode.IsPrint(r) }

func escapeWhere(s string, escaped func(rune) bool) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, escaped) < 0 && !edged(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case escaped(r) || r == ' ' && (i == 0 || i == len(s)-1):
			b.WriteString(escapeRune(r))
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// edged says whether a text begins or ends with a blank, which nobody would see.
func edged(s string) bool { return strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") }

func escapeRune(r rune) string {
	switch {
	case r == '\\':
		return `\\`
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
