package schema_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/baseline"
	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/results/compare"
	"github.com/assaykit/assay/results/live"
	"github.com/assaykit/assay/results/schema"
)

var update = flag.Bool("update", false, "rewrite the schemas")

const place = "https://raw.githubusercontent.com/assaykit/assay/main/results/schema/"

func TestTheSchemasAreThoseOfTheTypes(t *testing.T) {
	for _, c := range []struct {
		name, title string
		value       any
		closed      bool
	}{
		{"run", "run.json: everything needed to understand a run and to repeat it", results.Run{}, false},
		{"verdict", "verdict.json: what the checkers found", checkers.Verdict{}, false},
		{"progress", "A line of progress.jsonl: what a run that is going on is doing", live.Sample{}, false},
		{"baseline", "A file of accepted findings", baseline.Baseline{}, true},
		{"comparison", "The output of assay compare --json", compare.Comparison{}, false},
		{"certificate", "certificate.json: which claims of a system held, and what was measured beside", certificate.Certificate{}, false},
	} {
		m := maker{t: t, definitions: map[string]any{}, closed: c.closed, comments: map[string]map[string]string{}}
		root := m.object(reflect.TypeOf(c.value))
		document := map[string]any{
			"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": place + c.name + ".schema.json", "title": c.title, "$ref": root["$ref"],
			"$defs": m.definitions,
		}
		text, err := json.MarshalIndent(document, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, '\n')
		file := c.name + ".schema.json"
		if *update {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		published, err := schema.Files.ReadFile(file)
		if err != nil || string(published) != string(text) {
			t.Errorf("%s does not fit its type any more (%v); go test ./results/schema -update", file, err)
		}
	}
}

// TestWhatABaselineNamesIsPublished: the files that Assay writes name their schema.
func TestWhatABaselineNamesIsPublished(t *testing.T) {
	if _, err := schema.Files.ReadFile(strings.TrimPrefix(baseline.SchemaURL, place)); err != nil {
		t.Error(err)
	}
}

// maker turns types into definitions, and their comments into descriptions.
type maker struct {
	t           *testing.T
	definitions map[string]any
	// closed rejects fields that are not known.
	closed bool
	// comments are those of a package's types and fields, by "Type" and "Type.Field".
	comments map[string]map[string]string
}

func (m *maker) of(typ reflect.Type) map[string]any {
	switch typ {
	case reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "integer"}
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[baseline.Date]():
		return map[string]any{"type": "string", "format": "date"}
	case reflect.TypeFor[checkers.Validity]():
		return map[string]any{"enum": []string{"valid", "invalid", "unknown"}}
	case reflect.TypeFor[certificate.Status]():
		return map[string]any{"enum": []certificate.Status{certificate.Held, certificate.Broken, certificate.Unknown}}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return m.of(typ.Elem())
	case reflect.Struct:
		return m.object(typ)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": m.of(typ.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": m.of(typ.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	m.t.Fatalf("%v has no form in JSON Schema here", typ)
	return nil
}

func (m *maker) object(typ reflect.Type) map[string]any {
	reference := map[string]any{"$ref": "#/$defs/" + typ.Name()}
	if m.definitions[typ.Name()] != nil {
		return reference
	}
	properties, required := map[string]any{}, []string{}
	definition := map[string]any{"type": "object", "properties": properties}
	m.definitions[typ.Name()] = definition // before its fields, which may be of this type
	m.fields(typ, properties, &required, true)
	if len(required) > 0 {
		definition["required"] = required
	}
	if about := m.comment(typ, typ.Name()); about != "" {
		definition["description"] = about
	}
	if m.closed {
		definition["additionalProperties"] = false
	}
	return reference
}

func (m *maker) fields(typ reflect.Type, properties map[string]any, required *[]string, always bool) {
	for field := range fieldsOf(typ) {
		tag, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case tag == "" && field.Anonymous && field.Type.Kind() == reflect.Pointer:
			m.fields(field.Type.Elem(), properties, required, false)
			continue
		case !field.IsExported() || tag == "-":
			continue
		case tag == "":
			m.t.Fatalf("%v.%s has no name in JSON", typ, field.Name)
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		property := m.of(field.Type)
		if _, isArray := property["items"]; isArray && !optional {
			property["type"] = []string{"array", "null"} // as Go writes an empty one
		}
		if about := m.comment(typ, typ.Name()+"."+field.Name); about != "" {
			property["description"] = about
		}
		properties[tag] = property
		if !optional && always {
			*required = append(*required, tag)
		}
	}
}

func fieldsOf(typ reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range typ.NumField() {
			if !yield(typ.Field(i)) {
				return
			}
		}
	}
}

// comment is what the source says of a type or a field.
func (m *maker) comment(typ reflect.Type, name string) string {
	path := strings.TrimPrefix(typ.PkgPath(), "github.com/assaykit/assay/")
	if m.comments[path] == nil {
		m.comments[path] = m.read(filepath.Join("..", "..", filepath.FromSlash(path)))
	}
	return m.comments[path][name]
}

func (m *maker) read(folder string) map[string]string {
	found := map[string]string{}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		m.t.Fatalf("%s has no source: %v", folder, err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			m.t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if types, ok := declaration.(*ast.GenDecl); ok && types.Tok == token.TYPE {
				gather(found, types)
			}
		}
	}
	return found
}

func gather(found map[string]string, types *ast.GenDecl) {
	for _, spec := range types.Specs {
		typ, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		found[typ.Name.Name] = sentence(types.Doc)
		body, ok := typ.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range body.Fields.List {
			for _, name := range field.Names {
				found[fmt.Sprintf("%s.%s", typ.Name.Name, name.Name)] = sentence(field.Doc)
			}
		}
	}
}

func sentence(comment *ast.CommentGroup) string {
	return strings.Join(strings.Fields(comment.Text()), " ")
}
