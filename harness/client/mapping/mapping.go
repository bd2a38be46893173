// Package mapping lets a plain HTTP service be tested without any code: a file says
// which request is which operation, and what its answers mean. A status that the file
// does not know, a lost connection and an answer that cannot be read are unknown
// outcomes; only what was never sent, and what changes nothing, may have failed.
//
//	assay: 1
//	headers: {Content-Type: application/json}  # of all requests; may be left out
//	operations:
//	  read:                          # the operations are those of harness/client/PROTOCOL.md
//	    request: GET /registers/{key}
//	    answers:
//	      200: ok /value             # it happened; a JSON pointer says where its answer stands
//	      404: ok null               # it happened, and there was nothing
//	  write:
//	    request: PUT /registers/{key}
//	    body: '{"value": {value}}'
//	    answers:
//	      200: ok
//	      429: fail                  # turned away: it certainly did not happen
//	  cas:
//	    request: POST /registers/{key}/cas
//	    body: '{"old": {value/0}, "new": {value/1}}'
//	    answers:
//	      200: ok
//	      409: mismatch              # the condition did not hold
//
// In requests and bodies stand {key}, {value} and, for parts of it, {value/0}: as text in a
// request, as JSON in a body. Answers are ok, ok null, ok body (the whole body is JSON),
// ok /pointer, ok [/one, /other] for a list of two, mismatch and fail.
package mapping

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/assaykit/assay/harness/client"
)

// Mapping is a file that was read.
type Mapping struct {
	path       string
	headers    http.Header
	operations map[string]operation
	names      []string
}

// operation is a request and what its answers mean.
type operation struct {
	method, path, body string
	headers            http.Header
	answers            map[int]outcome
}

// outcome is what a status means.
type outcome struct {
	// word is ok, mismatch or fail.
	word string
	// pointers say where the answer stands; several make a list. The pointer "" is the
	// whole body. None is null.
	pointers []string
	list     bool
}

// Load reads a mapping. Its errors name the file and the line.
func Load(path string) (*Mapping, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the mapping: %w", err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m := &Mapping{path: path, headers: http.Header{}, operations: map[string]operation{}}
	if len(document.Content) == 0 {
		return nil, fmt.Errorf("%s: the file is empty; it has to begin with assay: 1", path)
	}
	if err := m.read(document.Content[0]); err != nil {
		return nil, err
	}
	return m, nil
}

// Operations are the names of those that are mapped.
func (m *Mapping) Operations() []string { return m.names }

// wrong is an error at a place of the file.
func (m *Mapping) wrong(at *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", m.path, at.Line, fmt.Sprintf(format, args...))
}

func (m *Mapping) read(top *yaml.Node) error {
	version := ""
	err := m.fields(top, "the file", map[string]func(*yaml.Node) error{
		"assay":      func(n *yaml.Node) error { version = n.Value; return nil },
		"headers":    func(n *yaml.Node) error { return m.readHeaders(n, m.headers) },
		"operations": m.readOperations,
	})
	switch {
	case err != nil:
		return err
	case version != "1":
		return m.wrong(top, "it has to say assay: 1, the version of this format")
	case len(m.names) == 0:
		return m.wrong(top, "it maps no operations")
	}
	return nil
}

// fields reads the keys of a mapping, each of which has to be known and to stand once.
func (m *Mapping) fields(of *yaml.Node, what string, known map[string]func(*yaml.Node) error) error {
	return m.each(of, what, func(key, value *yaml.Node) error {
		read, ok := known[key.Value]
		if !ok {
			return m.wrong(key, "%s has no key %q; there are %s", what, key.Value, strings.Join(sorted(known), ", "))
		}
		return read(value)
	})
}

// each goes through the pairs of a mapping.
func (m *Mapping) each(of *yaml.Node, what string, pair func(key, value *yaml.Node) error) error {
	if of.Kind == yaml.AliasNode {
		of = of.Alias
	}
	if of.Kind != yaml.MappingNode {
		return m.wrong(of, "%s has to hold keys with values", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(of.Content); i += 2 {
		key, value := of.Content[i], of.Content[i+1]
		if seen[key.Value] {
			return m.wrong(key, "%s stands twice", key.Value)
		}
		seen[key.Value] = true
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if err := pair(key, value); err != nil {
			return err
		}
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (m *Mapping) readHeaders(n *yaml.Node, into http.Header) error {
	return m.each(n, "headers", func(key, value *yaml.Node) error {
		if value.Kind != yaml.ScalarNode {
			return m.wrong(value, "the header %s has to be a text", key.Value)
		}
		into.Set(key.Value, value.Value)
		return nil
	})
}

func (m *Mapping) readOperations(n *yaml.Node) error {
	return m.each(n, "operations", func(key, value *yaml.Node) error {
		known, ok := client.Find(key.Value)
		if !ok {
			return m.wrong(key, "there is no operation %q; there are %s", key.Value, strings.Join(client.Names(), ", "))
		}
		o, err := m.readOperation(key, value, known)
		m.operations[key.Value] = o
		m.names = append(m.names, key.Value)
		return err
	})
}

func (m *Mapping) readOperation(key, n *yaml.Node, known client.Operation) (operation, error) {
	o := operation{headers: http.Header{}, answers: map[int]outcome{}}
	err := m.fields(n, key.Value, map[string]func(*yaml.Node) error{
		"request": func(n *yaml.Node) error { return m.readRequest(n, &o) },
		"headers": func(n *yaml.Node) error { return m.readHeaders(n, o.headers) },
		"body":    func(n *yaml.Node) error { o.body = n.Value; return m.checkTemplate(n) },
		"answers": func(n *yaml.Node) error { return m.readAnswers(n, o.answers, known) },
	})
	if err != nil {
		return o, err
	}
	if o.method == "" {
		return o, m.wrong(key, "%s has no request; write request: GET /path/{key}", key.Value)
	}
	for _, a := range o.answers {
		if a.word == "ok" {
			return o, nil
		}
	}
	return o, m.wrong(key, "no answer of %s is ok; write answers: {200: ok}", key.Value)
}

// request is a method and a path.
var request = regexp.MustCompile(`^([A-Z]+) (/\S*)$`)

func (m *Mapping) readRequest(n *yaml.Node, o *operation) error {
	parts := request.FindStringSubmatch(n.Value)
	if parts == nil {
		return m.wrong(n, "request %q is none; write METHOD /path, as in GET /registers/{key}", n.Value)
	}
	o.method, o.path = parts[1], parts[2]
	return m.checkTemplate(n)
}

// placeholder is what is replaced in a template, lookalike what may have been meant to be.
var (
	placeholder = regexp.MustCompile(`\{(key|value(?:/[^{}\s]*)?)\}`)
	lookalike   = regexp.MustCompile(`\{[A-Za-z_][\w./\[\]]*\}`)
)

func (m *Mapping) checkTemplate(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return m.wrong(n, "that has to be a text; put JSON into quotes: '{\"value\": {value}}'")
	}
	for _, found := range lookalike.FindAllString(n.Value, -1) {
		if !placeholder.MatchString(found) {
			return m.wrong(n, "nothing is known to take the place of %s; there are {key}, {value}, {value/0}", found)
		}
	}
	return nil
}

func (m *Mapping) readAnswers(n *yaml.Node, into map[int]outcome, of client.Operation) error {
	return m.each(n, "answers", func(key, value *yaml.Node) error {
		status, err := strconv.Atoi(key.Value)
		if err != nil || status < 100 || status > 599 {
			return m.wrong(key, "%q is no status; write a number from 100 to 599", key.Value)
		}
		into[status], err = parseOutcome(value.Value, of)
		if err != nil {
			return m.wrong(value, "%d: %s: %v", status, value.Value, err)
		}
		return nil
	})
}

// parseOutcome reads "ok", "ok null", "ok body", "ok /pointer", "ok [/a, /b]", "mismatch"
// or "fail".
func parseOutcome(text string, of client.Operation) (outcome, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	rest = strings.TrimSpace(rest)
	o := outcome{word: word}
	switch {
	case word != "ok" && rest == "" && (word == "fail" || word == "mismatch" && of.Conditional):
		return o, nil
	case word == "mismatch" && rest == "":
		return o, fmt.Errorf("%s has no condition that could fail to hold", of.F)
	case word != "ok":
		return o, fmt.Errorf("that is none of ok, ok null, ok body, ok /pointer, ok [/one, /other], mismatch, fail")
	case rest == "" && of.Answer != "":
		return o, fmt.Errorf("say where the answer of %s stands: ok body, ok /pointer, or ok null for nothing", of.F)
	case rest == "" || rest == "null":
		return o, nil
	case rest == "body":
		o.pointers = []string{""}
		return o, nil
	case strings.HasPrefix(rest, "[") && strings.HasSuffix(rest, "]"):
		o.list = true
		rest = rest[1 : len(rest)-1]
	}
	for _, pointer := range strings.Split(rest, ",") {
		pointer = strings.TrimSpace(pointer)
		if !strings.HasPrefix(pointer, "/") {
			return o, fmt.Errorf("%q is no JSON pointer; write /field or /field/0", pointer)
		}
		o.pointers = append(o.pointers, pointer)
	}
	if len(o.pointers) > 1 && !o.list {
		return o, fmt.Errorf("put several pointers into brackets: ok [/one, /other]")
	}
	return o, nil
}
