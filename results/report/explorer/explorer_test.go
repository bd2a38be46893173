package explorer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zlib"

	"github.com/assaykit/assay/harness/history"
)

// unpacked is what a browser makes of a blob.
func unpacked(t *testing.T, blob template.HTML) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(string(blob))
	if err != nil {
		t.Fatal(err)
	}
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// shown are the operations as a browser sees them, a line each.
func shown(t *testing.T, v *View) []string {
	t.Helper()
	var h head
	if err := json.Unmarshal(unpacked(t, v.Head), &h); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, blob := range v.Texts {
		texts = append(texts, strings.Split(strings.TrimSuffix(string(unpacked(t, blob)), "\n"), "\n")...)
	}
	var all []string
	for i, blob := range v.Columns {
		count := min(h.Columns, h.Count-i*h.Columns)
		all = append(all, readColumns(t, h, unpacked(t, blob), count, texts[len(all):])...)
	}
	return all
}

// readColumns does what data.js does.
func readColumns(t *testing.T, h head, data []byte, count int, texts []string) []string {
	t.Helper()
	var columns [9][]int
	for i := range columns {
		for range count {
			n, size := binary.Uvarint(data)
			if size <= 0 {
				t.Fatal("a column ends too early")
			}
			columns[i], data = append(columns[i], int(n)), data[size:]
		}
	}
	if len(data) > 0 {
		t.Fatalf("%d bytes too many", len(data))
	}
	var all []string
	start, invoke, nodes := 0, 0, map[int]int{}
	for i := range count {
		start += columns[0][i]
		if moved := columns[3][i]; moved > 0 {
			nodes[columns[2][i]] = moved - 1
		}
		step := columns[7][i] / 2
		if columns[7][i]%2 == 1 {
			step = -(columns[7][i] + 1) / 2
		}
		invoke += step
		all = append(all, line(start, start+columns[1][i], columns[2][i], h.Nodes[nodes[columns[2][i]]], h.Kinds[columns[4][i]], h.Keys[columns[5][i]],
			columns[6][i], invoke, columns[8][i], texts[i]))
	}
	return all
}

func line(parts ...any) string { return fmt.Sprint(parts...) }

// expected is what the browser has to see of a call.
func expected(in Input, c history.Call) string {
	flags, text := map[history.Type]int{history.OK: 0, history.Fail: 1, history.Info: 2}[c.Type], in.Label(c, 400)
	if c.Final {
		flags += 4
	}
	if c.Complete < 0 {
		flags += 8
	}
	if c.Error != "" {
		text += "\t" + c.Error
	}
	return line(int(c.Start), int(in.Over(c)), c.Process, c.Node, c.F, c.Key, flags, c.Invoke, max(0, c.Complete-c.Invoke), text)
}

// input packs calls; their values are their labels.
func input(calls []history.Call) Input {
	return Input{
		Calls: calls, Tidy: func(s string, most int) string { return s[:min(len(s), most)] },
		Label: func(c history.Call, most int) string {
			text := c.In.String()
			return text[:min(len(text), most)]
		},
		Over: func(c history.Call) time.Duration { return min(c.End, c.Start+time.Second) },
	}
}

// random are calls as clients of a busy cluster make them.
func random(count int, seed int64) []history.Call {
	r := rand.New(rand.NewSource(seed))
	calls := make([]history.Call, count)
	at, index := time.Duration(0), 0
	for i := range calls {
		at += time.Duration(r.Intn(200_000))
		index += 1 + r.Intn(3)
		process := r.Intn(50)
		c := history.Call{Process: process, Node: fmt.Sprint("n", process%5+1), F: []string{"read", "write", "cas"}[r.Intn(3)], Key: fmt.Sprint("k", r.Intn(40)),
			In: history.Int(r.Intn(1000)), Type: history.OK, Start: at, End: at + time.Duration(r.ExpFloat64()*2e6), Invoke: index, Complete: index + 1 + r.Intn(100), Final: r.Intn(90) == 0}
		switch r.Intn(40) {
		case 0:
			c.Type, c.Error = history.Fail, "no leader"
		case 1:
			c.Type, c.End, c.Error = history.Info, history.Never, "deadline exceeded"
		case 2:
			c.Type, c.End, c.Complete = history.Info, history.Never, -1
		case 3:
			c.Node = fmt.Sprint("n", 1+r.Intn(5)) // sessions may move
		}
		calls[i] = c
	}
	return calls
}

func TestABrowserSeesWhatWasPacked(t *testing.T) {
	for _, count := range []int{1, 2, 100, columnsChunk, columnsChunk + 1, 3*textsChunk - 1} {
		in := input(random(count, int64(count)))
		v, err := New(in)
		if err != nil {
			t.Fatal(err)
		}
		got := shown(t, v)
		if len(got) != count {
			t.Fatalf("%d operations of %d", len(got), count)
		}
		for i, c := range in.Calls {
			if want := expected(in, c); got[i] != want {
				t.Fatalf("operation %d of %d:\ngot  %s\nwant %s", i, count, got[i], want)
			}
		}
	}
}

func TestCallsOfNoOrderAreShownInOrder(t *testing.T) {
	calls := random(500, 1)
	want := slices.Clone(calls)
	slices.Reverse(calls)
	v, err := New(input(calls))
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range shown(t, v) {
		if got != expected(input(nil), want[i]) {
			t.Fatalf("operation %d:\ngot  %s\nwant %s", i, got, expected(input(nil), want[i]))
		}
	}
}

func TestNoCallsAreNoView(t *testing.T) {
	if v, err := New(input(nil)); v != nil || err != nil {
		t.Errorf("%v, %v", v, err)
	}
}

func size(v *View) int {
	n := len(v.Head)
	for _, blobs := range [][]template.HTML{v.Columns, v.Texts} {
		for _, blob := range blobs {
			n += len(blob)
		}
	}
	return n
}

// A million operations have to leave room in 40 MB, whatever their values are.
func TestOperationsTakeFewBytes(t *testing.T) {
	const count = 40_000
	plain := input(random(count, 2))
	noise := input(random(count, 3))
	noise.Label = func(c history.Call, most int) string { // nothing deflates it
		r := rand.New(rand.NewSource(int64(c.Invoke)))
		text := make([]byte, most)
		for i := range text {
			text[i] = byte('!' + r.Intn(90))
		}
		return string(text)
	}
	alone := input(random(count, 4))
	for i := range alone.Calls {
		alone.Calls[i].Key, alone.Calls[i].Error = fmt.Sprint("key of its own ", i), fmt.Sprint("error of its own ", i)
	}
	for _, c := range []struct {
		name string
		in   Input
		most int
	}{{"plain", plain, 19}, {"noise", noise, 40}, {"names of their own", alone, 33}} {
		v, err := New(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if each := size(v) / count; each > c.most {
			t.Errorf("%s: %d bytes an operation", c.name, each)
		}
	}
}

// What has no room is shown in part, what has, whole.
func TestLongValuesGiveWay(t *testing.T) {
	in := input(random(10, 1))
	in.Label = func(_ history.Call, most int) string { return strings.Repeat("x", most) }
	v, err := New(in)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(unpacked(t, v.Texts[0])); !strings.HasPrefix(text, strings.Repeat("x", 400)) {
		t.Errorf("a few long values are cut: %.50q", text)
	}
}

func TestSumsCountEverything(t *testing.T) {
	in := input(random(5000, 7))
	v, err := New(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Nodes.Rows) != 5 || len(v.Keys.Rows) != mostSummed || v.Keys.Left != fmt.Sprint(40-mostSummed) {
		t.Errorf("%d nodes, %d keys, %s left", len(v.Nodes.Rows), len(v.Keys.Rows), v.Keys.Left)
	}
	var want tally
	for _, c := range in.Calls {
		if c.Node == v.Nodes.Rows[0].Name {
			want.add(c.Type)
		}
	}
	if got := v.Nodes.Rows[0]; got.Total != number(want.total()) || got.Failed != number(want.failed) || got.Unknown != number(want.unknown) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTheScriptCannotEndItsElement(t *testing.T) {
	text := strings.ToLower(string(script()))
	for _, end := range []string{"</script", "<!--", "]]>\n//"} {
		if strings.Contains(text, end) {
			t.Errorf("the script has %q", end)
		}
	}
	for _, way := range []string{"innerhtml", "outerhtml", "insertadjacenthtml", "document.write", "eval(", "new function", "fetch(", "xmlhttprequest", "import("} {
		if strings.Contains(text, way) {
			t.Errorf("the script has %q: text has to stay text, and the network untouched", way)
		}
	}
}
