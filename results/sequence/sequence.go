// Package sequence draws what happened in a cluster of actors as a message
// sequence diagram: a lane for every node and client, time going down, messages as
// arrows, what was lost ending in a cross, faults as bands. It draws what a trace
// says and judges nothing; of a long trace it draws the part that matters for the
// operations in question, and says so. Text from the system under test stays text.
package sequence

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/assaykit/assay/harness/sim/trace"
)

// Input is what a diagram is made from.
type Input struct {
	Trace *trace.Trace
	// Witness are the operations that contradict each other, by their numbers in
	// the trace. They are marked.
	Witness []int
	// Most is how many events are drawn at most; 0 means DefaultMost.
	Most int
	// Title and About head the page that Render writes; About may be empty.
	Title, About string
}

// DefaultMost is about what a reader can follow.
const DefaultMost = 150

//go:embed page
var pageFiles embed.FS

// Style is the style sheet that a page with a Figure needs.
func Style() template.CSS {
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return template.CSS(style)
}

// Figure is the diagram with its legend and its events in words, as a piece of a
// page that has Style.
func Figure(in Input) (template.HTML, error) {
	var b bytes.Buffer
	if err := write(&b, "figure", draw(in)); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

// Render writes a page of its own: one HTML file without scripts, that needs no
// network.
func Render(w io.Writer, in Input) error {
	figure, err := Figure(in)
	if err != nil {
		return err
	}
	return write(w, "page.html", struct {
		Title, About string
		Style        template.CSS
		Figure       template.HTML
	}{printable(in.Title, mostTitle), printable(in.About, mostAbout), Style(), figure})
}

func write(w io.Writer, name string, data any) error {
	templates, err := template.ParseFS(pageFiles, "page/*.html")
	if err == nil {
		err = templates.ExecuteTemplate(w, name, data)
	}
	if err != nil {
		return fmt.Errorf("draw a sequence of messages: %w", err)
	}
	return nil
}
