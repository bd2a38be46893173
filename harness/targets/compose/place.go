package compose

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// text is a YAML file of which places can be named.
type text struct {
	path string
	root *yaml.Node
}

// readText reads a file for its places. One that is no YAML has none, which whoever
// reads it for its content will say.
func readText(path string) text {
	t := text{path: path}
	content, err := os.ReadFile(path)
	if err != nil {
		return t
	}
	var document yaml.Node
	if yaml.Unmarshal(content, &document) == nil && len(document.Content) > 0 {
		t.root = document.Content[0]
	}
	return t
}

// at names the place of the deepest of the keys that is there: "file:line".
func (t text) at(keys ...string) string {
	node, line := t.root, 0
	for _, key := range keys {
		at, next := child(node, key)
		if next == nil {
			break
		}
		line, node = at, next
	}
	if line == 0 {
		return t.path
	}
	return fmt.Sprintf("%s:%d", t.path, line)
}

// child finds a key of a mapping, also one that is merged into it, or an item of a
// list.
func child(node *yaml.Node, key string) (line int, value *yaml.Node) {
	if node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node == nil:
	case node.Kind == yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i < len(node.Content) {
			return node.Content[i].Line, node.Content[i]
		}
	case node.Kind == yaml.MappingNode:
		return childOfMapping(node, key)
	}
	return 0, nil
}

func childOfMapping(node *yaml.Node, key string) (line int, value *yaml.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i].Line, node.Content[i+1]
		}
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == "<<" {
			if line, value := child(node.Content[i+1], key); value != nil {
				return line, value
			}
		}
	}
	return 0, nil
}

// mentioned finds the dotted path of keys that an error begins with or contains, as in
// "services.db additional properties 'imag' not allowed".
var mentioned = regexp.MustCompile(`\b(services|volumes|networks|configs|secrets)\.[\w.\-]+`)

// unknownKey finds the key that an error complains about.
var unknownKey = regexp.MustCompile(`additional propert(?:y|ies) '([^']+)'`)

// dependent finds the service whose dependencies an error is about.
var dependent = regexp.MustCompile(`service "([^"]+)" depends on|cycle detected: ([\w-]+) ->`)

// numbered finds out whether an error tells a line itself.
var numbered = regexp.MustCompile(`\bline \d+`)

// locate adds the line to an error of the library, which names keys or values at most.
func (t text) locate(err error) error {
	message := err.Error()
	for _, before := range []string{"validating " + t.path + ": ", "failed to parse " + t.path + ": ", t.path + ": "} {
		message = strings.TrimPrefix(message, before)
	}
	message = strings.Replace(message, " false schema", ": there is no such key", 1)
	return fmt.Errorf("%s: %s", t.place(message), message)
}

func (t text) place(message string) string {
	if numbered.MatchString(message) {
		return t.path
	}
	if found := dependent.FindStringSubmatch(message); found != nil {
		return t.at("services", found[1]+found[2], "depends_on")
	}
	var keys []string
	if path := mentioned.FindString(message); path != "" {
		keys = strings.Split(path, ".")
	}
	if unknown := unknownKey.FindStringSubmatch(message); unknown != nil {
		keys = append(keys, unknown[1])
	}
	if len(keys) == 0 {
		return t.holding(message[strings.LastIndexByte(message, ' ')+1:])
	}
	return t.at(keys...)
}

// holding is the place of a value, if it stands in the file once.
func (t text) holding(value string) string {
	lines := linesOf(t.root, strings.Trim(value, `"'`))
	if len(lines) != 1 {
		return t.path
	}
	return fmt.Sprintf("%s:%d", t.path, lines[0])
}

func linesOf(node *yaml.Node, value string) []int {
	if node == nil {
		return nil
	}
	if node.Kind == yaml.ScalarNode && node.Value == value {
		return []int{node.Line}
	}
	var lines []int
	for _, below := range node.Content {
		lines = append(lines, linesOf(below, value)...)
	}
	return lines
}
