package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/formats"
	"github.com/assaykit/assay/harness/history/jepsen"
)

// texts are the same two lines in all formats and layouts.
var texts = []struct{ name, text, format string }{
	{"Assay's own", `{"index":0,"process":0,"type":"invoke","f":"read","value":null,"time":0}
{"index":1,"process":0,"type":"ok","f":"read","value":1,"time":1000000}
`, "assay"},
	{"what Assay can read, written by hand", `{"process": 0, "type": "invoke", "f": "read"}
{"process": 0, "type": "ok", "f": "read", "value": 1}`, "jepsen-json"},
	{"a JSON array", ` [
  { "type":"invoke", "f":"read", "process":0 }, {"type":"ok", "f":"read", "value":1, "process":0 }]`, "jepsen-json"},
	{"EDN lines", `{:process 0 :type :invoke :f :read}
{:process 0 :type :ok :f :read :value 1}`, "jepsen-edn"},
	{"an EDN vector of records", `[#jepsen.history.Op{:process 0 :type :invoke :f :read} #jepsen.history.Op{:process 0 :type :ok :f :read :value 1}]`, "jepsen-edn"},
	{"EDN after a comment", `; recorded yesterday
({:process 0 :type :invoke :f :read}
 {:process 0 :type :ok :f :read :value 1})`, "jepsen-edn"},
	{"a log", "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\t1\n", "jepsen-log"},
}

func read(t testing.TB, path string) *formats.Reading {
	t.Helper()
	r, err := formats.Read(path, formats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.History.WellFormed(); err != nil {
		t.Fatal(err)
	}
	return r
}

func write(t testing.TB, name string, text []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func compress(t testing.TB, text string) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return encoder.EncodeAll([]byte(text), nil)
}

// The name of a file says nothing about its format, not even whether it is
// compressed.
func TestFormatsAreFoundByTheirTexts(t *testing.T) {
	for _, c := range texts {
		for how, text := range map[string][]byte{
			"plain": []byte(c.text), "compressed": compress(t, c.text), "with a byte order mark": []byte("\uFEFF" + c.text),
		} {
			r := read(t, write(t, "history.txt", text))
			if r.Format != c.format || len(r.History.Ops) != 2 {
				t.Errorf("%s, %s: %s with %d ops, want %s with 2", c.name, how, r.Format, len(r.History.Ops), c.format)
				continue
			}
			if got, _ := r.History.Ops[1].Value.Int(); got != 1 || r.History.Ops[1].Type != history.OK {
				t.Errorf("%s, %s: read as %+v", c.name, how, r.History.Ops)
			}
		}
	}
}

func TestAnEmptyFileIsAnEmptyHistory(t *testing.T) {
	for _, text := range []string{"", "\n \n", "\x00\x00"} {
		if r := read(t, write(t, "history", []byte(text))); len(r.History.Ops) != 0 || r.Format != "empty" {
			t.Errorf("%q is read as %+v", text, r)
		}
	}
}

func TestTheCompressedFormTakesThePlaceOfAFile(t *testing.T) {
	path := write(t, "history.jsonl.zst", compress(t, texts[0].text))
	if r := read(t, strings.TrimSuffix(path, ".zst")); len(r.History.Ops) != 2 {
		t.Errorf("read as %+v", r)
	}
}

func readLine(process int, kind string, time int) string {
	return fmt.Sprintf(`{"process":%d,"type":%q,"f":"read","value":1,"time":%d}`+"\n", process, kind, time)
}

func TestTimesThatGoBackByMomentsAreTold(t *testing.T) {
	line := readLine
	for text, want := range map[string]string{
		line(0, "invoke", 1) + line(0, "ok", 1) + line(1, "invoke", 1000):                          "",
		line(0, "invoke", 5) + line(0, "ok", 1010) + line(1, "invoke", 1000):                       "1 line has an earlier time than one before it, by moments: ",
		line(0, "invoke", 5) + line(0, "ok", 1) + line(1, "invoke", 9999):                          "1 line has an earlier time",
		line(0, "invoke", 1) + line(1, "invoke", 1009) + line(0, "ok", 1005) + line(1, "ok", 1006): "2 lines have earlier times than lines before them, by moments: ",
	} {
		notes := strings.Join(read(t, write(t, "history.json", []byte(text))).Notes, "\n")
		if (want == "") != (notes == "") || !strings.Contains(notes, want) {
			t.Errorf("%s: %q, want %q", text, notes, want)
		}
	}
}

// Logs of several clients, one behind the other, are no history yet: judged by their lines
// they would be invalid that are not.
func TestTimesThatGoBackFarAreAnError(t *testing.T) {
	const minute = 60_000_000_000
	line := readLine
	for _, text := range []string{
		line(0, "invoke", 100) + line(0, "ok", 110) + line(1, "invoke", 10) + line(1, "ok", 20),
		line(0, "invoke", 1) + line(0, "ok", 60*minute) + line(1, "invoke", 60*minute-2_000_000_000) + line(1, "ok", 60*minute),
	} {
		_, err := formats.Read(write(t, "history.json", []byte(text)), formats.Options{})
		if err == nil || !strings.Contains(err.Error(), "history.json:3:1: ") || !strings.Contains(err.Error(), "sort them") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAPipeIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	written := make(chan error)
	go func() { written <- os.WriteFile(path, []byte(texts[0].text), 0o600) }()
	if r := read(t, path); len(r.History.Ops) != 2 {
		t.Errorf("read %d ops", len(r.History.Ops))
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoHistoryIsMalformed(t *testing.T) {
	own := texts[0].text
	for name, c := range map[string]struct{ text, want string }{
		"prose":                 {"Once upon a time", "history:1:1: expected a history as JSON, as EDN or as Jepsen's log, found \"Once upon a time\""},
		"JSON that is no op":    {`{"a": 1}`, "expected an operation with the field process, found none"},
		"own, with a mistake":   {strings.Replace(own, `"ok"`, `"done"`, 1), "history:2:31: expected a type"},
		"own, not well-formed":  {strings.Replace(own, `"ok"`, `"invoke"`, 1), "history: history is not well-formed"},
		"pairs":                 {"{:process 0 :type :invoke :f :cas :value [1 2]}", jepsen.ErrKeyed.Error()},
		"damaged by compressor": {string(compress(t, own)[:20]), "history: unexpected EOF"},
		"UTF-16":                {"\xff\xfe{\x00\"\x00", "found UTF-16: save it as UTF-8"},
	} {
		_, err := formats.Read(write(t, "history", []byte(c.text)), formats.Options{})
		if _, is := errors.AsType[*formats.Malformed](err); !is || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestAFileThatCannotBeReadIsNotMalformed(t *testing.T) {
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "nothing"), "a directory": t.TempDir()} {
		_, err := formats.Read(path, formats.Options{})
		if _, is := errors.AsType[*formats.Malformed](err); err == nil || is {
			t.Errorf("%s: %v", name, err)
		}
		if missing := errors.Is(err, fs.ErrNotExist); missing != (name == "missing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A torn line is reported, whoever wrote it.
func TestTornLines(t *testing.T) {
	for _, c := range texts {
		r := read(t, write(t, "history", bytes.TrimRight([]byte(c.text), " \n])}")))
		if len(r.History.Ops) != 1 || !strings.Contains(strings.Join(r.Notes, "\n"), "torn") {
			t.Errorf("%s: %d ops, notes %q", c.name, len(r.History.Ops), r.Notes)
		}
	}
}

// A history means the same in every format: what one format has written and
// another reads differs in nothing but what formats cannot say.
func TestARandomHistoryIsTheSameInEveryFormat(t *testing.T) {
	h := registers(2000)
	want := text(t, h)
	for _, w := range writers[:3] { // a log has neither keys nor times
		var b bytes.Buffer
		if err := w.write(&b, h); err != nil {
			t.Fatal(err)
		}
		r := read(t, write(t, "history", b.Bytes()))
		if got := text(t, r.History); r.Format != w.format || got != want {
			t.Errorf("%s is read as another history", w.format)
		}
	}
}

// Other tools let a process go on after an operation of unknown outcome. Its
// operations are the same all the same, only under other numbers.
func TestProcessesThatGoOnAreToldApart(t *testing.T) {
	h := registers(5000)
	want := h.Calls()
	folded := &history.History{Ops: fold(h.Ops)}
	if folded.WellFormed() == nil {
		t.Fatal("no process goes on")
	}
	for _, w := range writers[1:3] {
		var b bytes.Buffer
		if err := w.write(&b, folded); err != nil {
			t.Fatal(err)
		}
		got := read(t, write(t, "history", b.Bytes())).History.Calls()
		for i := range want {
			got[i].Process = want[i].Process
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("%s: %+v, want %+v", w.format, got[i], want[i])
			}
		}
	}
}

// fold gives the numbers of processes that have ended to those that come later.
func fold(ops []history.Op) []history.Op {
	folded := slices.Clone(ops)
	as, free, next := map[int]int{}, []int(nil), 0
	for i := range folded {
		op := &folded[i]
		if _, known := as[op.Process]; !known {
			if len(free) == 0 {
				free, next = append(free, next), next+1
			}
			as[op.Process], free = free[0], free[1:]
		}
		was := op.Process
		if op.Process = as[was]; op.Type == history.Info {
			free = append(free, as[was])
		}
	}
	return folded
}

func text(t testing.TB, h *history.History) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeOwn(&b, h); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// FuzzRead: no file makes it panic, and what it gives is well-formed.
func FuzzRead(f *testing.F) {
	for _, c := range texts {
		f.Add([]byte(c.text))
	}
	f.Add(compress(f, texts[0].text))
	path := filepath.Join(f.TempDir(), "history")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := formats.Read(path, formats.Options{})
		if err != nil {
			return
		}
		if err := r.History.WellFormed(); err != nil {
			t.Error(err)
		}
	})
}
