// Package explorer shows every operation of a history in a report, to scale, from
// the whole run down to nanoseconds: it packs a million of them into some twelve
// megabytes of the page, which a script of our own unpacks and draws. The page needs
// no network and no other script; text from the system under test is packed, and
// only ever shown as text. It judges nothing.
package explorer

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/history"
)

// Input is what is shown.
type Input struct {
	// Calls are the operations of the clients, in the order of their invocations.
	Calls []history.Call
	// Over is when a call's client stopped waiting for it.
	Over func(history.Call) time.Duration
	// Start is the time with which the picture begins, End that of the last event of
	// the run.
	Start, End time.Duration
	Faults     []Fault
	Marks      []Mark
	// Label says what a call did and what came of it, with values of about so many
	// characters, and Tidy makes any text fit to be shown, in at most so many. Neither
	// leaves a control character in it. Several goroutines call them at once.
	Label func(c history.Call, most int) string
	Tidy  func(text string, most int) string
}

// Fault is a time in which something was broken.
type Fault struct {
	Name     string        `json:"name"`
	Nodes    []string      `json:"nodes"`
	From     time.Duration `json:"from"`
	To       time.Duration `json:"to"`
	Verified bool          `json:"verified"`
}

// Mark is something to go to and to see marked: a finding with the operations that
// it rests on, by their invocation indexes.
type Mark struct {
	Name  string `json:"name"`
	Calls []int  `json:"calls"`
}

// View is what the template "explorer" shows.
type View struct {
	Count string
	// Head, Columns and Texts are blobs: see pack.
	Head    template.HTML
	Columns []template.HTML
	Texts   []template.HTML
	// Nodes and Keys sum up what the picture shows, for paper and for those who
	// do not see it.
	Nodes, Keys Summary
	Script      template.JS
	Style       template.CSS
}

// Page has the template "explorer", which takes a *View.
//
//go:embed page
var Page embed.FS

// New packs operations for the page. There is nothing to show, and the View is nil,
// if there are none.
func New(in Input) (*View, error) {
	if len(in.Calls) == 0 {
		return nil, nil
	}
	in.Calls = inOrder(in.Calls)
	names := collect(in)
	v := &View{Count: number(len(in.Calls)), Script: script(), Style: template.CSS(read("explorer.css"))}
	v.Nodes, v.Keys = summarize(in, names)
	var err error
	if v.Head, err = packHead(in, names); err != nil {
		return nil, fmt.Errorf("pack the names of the history: %w", err)
	}
	if v.Columns, err = packColumns(in, names); err != nil {
		return nil, fmt.Errorf("pack the operations of the history: %w", err)
	}
	if v.Texts, err = packTexts(in); err != nil {
		return nil, fmt.Errorf("pack the values of the history: %w", err)
	}
	return v, nil
}

// scripts are the parts of the script, in the order in which they need each other.
var scripts = []string{"inflate.js", "data.js", "rows.js", "paint.js", "overview.js", "table.js", "explorer.js"}

// script is one closure. It stands in a section that XML, too, takes as text.
func script() template.JS {
	var b strings.Builder
	b.WriteString("//<![CDATA[\n(function () {\n\"use strict\";\n")
	for _, name := range scripts {
		b.WriteString(read(name))
	}
	b.WriteString("})();\n//]]>")
	return template.JS(b.String())
}

// Source is what a page's Content-Security-Policy has to allow, so that it runs this
// script and no other.
func (v *View) Source() string {
	sum := sha256.Sum256([]byte(v.Script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func read(name string) string {
	text, err := Page.ReadFile("page/" + name)
	if err != nil {
		panic("explorer: a file is not embedded: " + err.Error())
	}
	return string(text)
}
