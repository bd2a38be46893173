package jepsen_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jepsen"
)

// fuzz: no text makes a reader panic; what it gives is well-formed, and comes back
// from what is written of it.
func fuzz(f *testing.F, read reader, seeds func(text string) bool) {
	for _, c := range readable {
		if seeds(strings.TrimSpace(c.text)) {
			f.Add(c.text, byte(c.keyed))
		}
	}
	for _, c := range wrong {
		if seeds(strings.TrimSpace(c.text)) {
			f.Add(c.text, byte(0))
		}
	}
	f.Fuzz(func(t *testing.T, text string, keyed byte) {
		options := jepsen.Options{Name: "h", Keyed: jepsen.Keyed(keyed % 3)}
		h, _, err := read(strings.NewReader(text), options)
		if err != nil {
			return
		}
		if err := h.WellFormed(); err != nil {
			t.Fatal(err)
		}
		for _, format := range []struct {
			write func(io.Writer, *history.History) error
			read  reader
		}{{jepsen.WriteEDN, jepsen.ReadEDN}, {jepsen.WriteJSON, jepsen.ReadJSON}} {
			roundTrip(t, h, format.write, format.read)
		}
	})
}

func roundTrip(t *testing.T, h *history.History, write func(io.Writer, *history.History) error, read reader) {
	t.Helper()
	var text bytes.Buffer
	if err := write(&text, h); err != nil {
		t.Skip(err) // a value as deep as can be, and a key around it
	}
	keyed := jepsen.No
	for _, op := range h.Ops {
		if op.Key != "" {
			keyed = jepsen.Yes
		}
	}
	back, _, err := read(bytes.NewReader(text.Bytes()), jepsen.Options{Name: "back", Keyed: keyed})
	if err != nil {
		if deep := strings.Contains(err.Error(), "nested"); deep {
			t.Skip(err)
		}
		t.Fatalf("%v\n%s", err, text.String())
	}
	if got, want := own(t, back), own(t, h); got != want {
		t.Errorf("%s\nwritten as\n%s\nread back as\n%s", want, text.String(), got)
	}
}

func FuzzReadEDN(f *testing.F) {
	fuzz(f, jepsen.ReadEDN, func(text string) bool { return !strings.HasPrefix(text, "INFO") })
}

func FuzzReadJSON(f *testing.F) {
	fuzz(f, jepsen.ReadJSON, func(text string) bool { return strings.Contains(text, `{"`) })
}

func FuzzReadLog(f *testing.F) {
	fuzz(f, jepsen.ReadLog, func(text string) bool { return strings.HasPrefix(text, "INFO") })
}
