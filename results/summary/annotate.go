package summary

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/assaykit/assay/checkers"
)

// Annotate writes what GitHub shows beside the job: an error for what is wrong and not
// accepted, a warning for what proves nothing or will have to be accepted anew, a notice
// for what is accepted.
func Annotate(w io.Writer, in Input) error {
	var b strings.Builder
	for _, a := range in.annotations() {
		fmt.Fprintf(&b, "::%s title=%s::%s\n", a.level, property(a.title), data(a.text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type annotation struct{ level, title, text string }

func (in Input) annotations() []annotation {
	title := clip("assay: "+in.Run.Target+" "+in.Run.Workload, 120)
	var all []annotation
	add := func(level, what, text string) {
		all = append(all, annotation{level, title + " " + what, clip(text, mostText)})
	}
	switch {
	case in.Error != nil:
		add("error", "could not take place", in.Error.Error())
		return all
	case in.accepted():
		add("notice", "is invalid, as accepted", in.Verdict.Reason)
	case in.Verdict.Validity == checkers.Invalid:
		add("error", "is INVALID", in.Verdict.Reason)
	case in.Verdict.Validity == checkers.Unknown:
		add("warning", "is unknown", in.Verdict.Reason)
	}
	if in.Known == nil {
		return all
	}
	for _, k := range in.Known.Kinds {
		if k.Expired {
			add("warning", "has a finding that is accepted no longer", k.Line())
		}
	}
	for _, unused := range in.Known.Unused {
		add("notice", "was not found, though accepted", unused.Anomaly+": "+unused.Reason)
	}
	return all
}

func clip(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most]) + "…"
}

// data and property escape as GitHub's own toolkit does.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// Mute lets GitHub obey nothing that is printed until the returned function is called:
// what a system under test has said stands in it, and a line of the form ::command::
// would otherwise be one.
func Mute(w io.Writer) (unmute func(), err error) {
	word := "assay-" + rand.Text()
	if _, err := fmt.Fprintf(w, "::stop-commands::%s\n", word); err != nil {
		return nil, err
	}
	return func() { fmt.Fprintf(w, "::%s::\n", word) }, nil
}
