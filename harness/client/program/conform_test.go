//go:build unix

package program

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// examine collects what Conform finds.
func examine(t *testing.T, hello Hello, command ...string) (right, wrong, notes []string) {
	t.Helper()
	err := Conform(t.Context(), command, hello, func(f Finding) {
		switch {
		case f.Right:
			right = append(right, f.Text)
		case f.Note:
			notes = append(notes, f.Text)
		default:
			wrong = append(wrong, f.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return right, wrong, notes
}

// build compiles one of the examples.
func build(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("go", "build", "-o", program, "../../targets/compose/examples/"+name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// serve runs the example's service and returns where it listens.
func serve(t *testing.T) string {
	t.Helper()
	program := build(t, "kv")
	address, err := freeAddress() // not long before it is used
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "DATA="+t.TempDir(), "LISTEN="+address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
	}
	t.Fatal("the service does not listen")
	return ""
}

func TestTheExamplesKeepToTheProtocol(t *testing.T) {
	address := serve(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("the example in Python cannot be tried: %v", err)
	}
	for _, command := range [][]string{{build(t, "client-go")}, {python, "../../targets/compose/examples/client.py"}} {
		right, wrong, notes := examine(t, Hello{Address: address}, command...)
		if len(wrong)+len(notes) > 0 {
			t.Errorf("%v:\nwrong %s\nnotes %s", command, strings.Join(wrong, "\n"), strings.Join(notes, "\n"))
		}
		if !strings.Contains(strings.Join(right, "\n"), "cas answers true") {
			t.Errorf("%v: not every operation was tried: %v", command, right)
		}
	}
}

// TestWhatIsWrongIsFound tries programs that are each wrong in one way, written for a
// shell.
func TestWhatIsWrongIsFound(t *testing.T) {
	const hello = `read -r hello; echo '{"assay":1,"operations":["write"]}'; `
	const id = `n=$(echo "$op" | sed -n 's/.*"id":\([0-9]*\).*/\1/p'); `
	for _, c := range []struct{ name, script, found string }{
		{"says ok to everything", hello + `while read -r op; do ` + id + `echo "{\"id\":${n:-0},\"type\":\"ok\"}"; done`, "write where nobody listens is not ok"},
		{"says ok to nonsense", hello + `while read -r op; do ` + id + `echo "{\"id\":${n:-0},\"type\":\"ok\"}"; done`, "is not taken for an operation"},
		{"knows what it does not know", hello + `while read -r op; do ` + id + `echo "{\"id\":${n:-0},\"type\":\"ok\"}"; done`, "that it does not know"},
		{"does not end", hello + `while read -r op; do :; done; sleep 100`, "it ends when its standard input ends"},
		{"answers twice", hello + `while read -r op; do ` + id + `a="{\"id\":${n:-0},\"type\":\"info\"}"; printf '%s\n%s\n' "$a" "$a"; done`, "nothing was asked"},
		{"prints its log", hello + `while read -r op; do ` + id + `echo connecting; echo "{\"id\":${n:-0},\"type\":\"fail\"}"; done`, `"connecting"`},
		{"offers half a data type", `read -r hello; echo '{"assay":1,"operations":["send"]}'; cat >&2`, "no data type is whole"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, wrong, _ := examine(t, Hello{}, "sh", "-c", c.script)
			if !strings.Contains(strings.Join(wrong, "\n"), c.found) {
				t.Errorf("not found; wrong are: %s", strings.Join(wrong, "\n"))
			}
		})
	}
}

// TestAFailureThatIsNoneIsFound tries a program that says of an operation which it has
// sent that it certainly did not happen.
func TestAFailureThatIsNoneIsFound(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatalf("the program cannot be tried: %v", err)
	}
	script := `
import json, socket, sys
hello = json.loads(sys.stdin.readline())
print('{"assay":1,"operations":["read","write"]}', flush=True)
for line in sys.stdin:
    q = json.loads(line)
    try:
        host, port = hello["address"].split(":")
        with socket.create_connection((host, int(port)), timeout=0.2) as s:
            s.sendall(b"write")
            s.recv(10)
        answer = "ok"
    except OSError:
        answer = "fail"
    print(json.dumps({"id": q["id"], "type": answer}), flush=True)
`
	_, wrong, _ := examine(t, Hello{}, python, "-c", script)
	text := strings.Join(wrong, "\n")
	if !strings.Contains(text, "write that gets no answer") || !strings.Contains(text, "may do it yet") {
		t.Errorf("not found; wrong are: %s", text)
	}
	if strings.Contains(text, "read that gets no answer") {
		t.Errorf("a read may fail: %s", text)
	}
}
