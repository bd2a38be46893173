//go:build unix

package program

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/client"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/workloads"
)

// TestMain lets this binary be a client program of a register that it keeps itself,
// and misbehaves as the variable says when it is to write 13.
func TestMain(m *testing.M) {
	if sin, ok := os.LookupEnv("ASSAY_TEST_PROGRAM"); ok {
		os.Exit(sinner(sin))
	}
	os.Exit(m.Run())
}

func sinner(sin string) int {
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	fmt.Fprintln(os.Stderr, "hello was", in.Text())
	switch sin {
	case "no hello":
		in.Scan()
		return 0
	case "wrong hello":
		fmt.Println("ready")
	case "slow hello":
		time.Sleep(700 * time.Millisecond)
		fallthrough
	default:
		fmt.Println(`{"assay":1,"operations":["read","write","cas"]}`)
	}
	held := "null"
	for in.Scan() {
		var q struct {
			ID    int64
			F     string
			Value json.RawMessage
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return 3
		}
		switch {
		case string(q.Value) == "13":
			if code := commit(sin, q.ID); code >= 0 {
				return code
			}
		case q.F == "write":
			held = string(q.Value)
			fmt.Printf(`{"id":%d,"type":"ok"}`+"\n", q.ID)
		case q.F == "read":
			fmt.Printf(`{"id":%d,"type":"ok","value":%s}`+"\n", q.ID, held)
		case q.F == "cas":
			fmt.Printf(`{"id":%d,"type":"fail","error":"mismatch"}`+"\n", q.ID)
		}
	}
	if sin == "deaf to the end" {
		time.Sleep(time.Hour)
	}
	return 0
}

// commit commits a sin and returns the exit code, or -1 to go on.
func commit(sin string, id int64) int {
	answers := map[string]string{
		"garbage":       "Traceback (most recent call last):\n",
		"no id":         `{"type":"ok"}` + "\n",
		"wrong id":      fmt.Sprintf(`{"id":%d,"type":"ok"}`+"\n", id+7),
		"old id":        fmt.Sprintf(`{"id":%d,"type":"ok"}`+"\n", id-1),
		"no type":       fmt.Sprintf(`{"id":%d}`+"\n", id),
		"type invoke":   fmt.Sprintf(`{"id":%d,"type":"invoke"}`+"\n", id),
		"an array":      "[1,2,3]\n",
		"two in a line": fmt.Sprintf(`{"id":%d,"type":"ok"}{"id":%d,"type":"ok"}`+"\n", id, id),
		"empty line":    "\n",
		"binary":        "\x00\xff\xfe\n",
		"info":          fmt.Sprintf(`{"id":%d,"type":"info","error":"timeout"}`+"\n", id),
		"fail":          fmt.Sprintf(`{"id":%d,"type":"fail","error":"connection refused"}`+"\n", id),
		"twice":         fmt.Sprintf(`{"id":%d,"type":"ok"}`+"\n"+`{"id":%d,"type":"fail"}`+"\n", id, id),
	}
	switch sin {
	case "dies":
		return 9
	case "dies within a line":
		fmt.Printf(`{"id":%d,`, id)
		return 0
	case "late":
		time.Sleep(700 * time.Millisecond)
		fmt.Printf(`{"id":%d,"type":"fail"}`+"\n", id)
	case "silent":
	case "closes its output":
		os.Stdout.Close()
	default:
		fmt.Print(answers[sin])
	}
	return -1
}

// program is a client of this binary that commits a sin.
func program(t *testing.T, sin string) (*client.Client, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	c := client.New(New(Config{
		Command: []string{"env", "ASSAY_TEST_PROGRAM=" + sin, self}, Hello: Hello{Node: "n1", Address: "127.0.0.1:7"},
		Operations: []string{"read", "write", "cas"}, Journal: Journal(folder, "n1"),
	}))
	t.Cleanup(func() { c.Close() })
	return c, filepath.Join(folder, "n1.txt")
}

// soon is the deadline of one operation.
func soon(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// up waits until the program answers.
func up(t *testing.T, c *client.Client) {
	t.Helper()
	if err := c.Write(soon(t, 20*time.Second), "k", 1); err != nil {
		t.Fatalf("the program does not come up: %v", err)
	}
}

func TestAProgramIsARegister(t *testing.T) {
	c, _ := program(t, "none")
	up(t, c)
	if err := c.Write(soon(t, 5*time.Second), "k", 4); err != nil {
		t.Fatal(err)
	}
	if v, found, err := c.Read(soon(t, 5*time.Second), "k"); v != 4 || !found || err != nil {
		t.Errorf("read %d, %t, %v", v, found, err)
	}
	if swapped, err := c.CompareAndSet(soon(t, 5*time.Second), "k", 1, 2); swapped || err != nil {
		t.Errorf("compare-and-set %t, %v", swapped, err)
	}
	if err := c.Offers("Register"); err != nil {
		t.Error(err)
	}
	if err := c.Offers("Queue"); err == nil || !strings.Contains(err.Error(), "send") {
		t.Errorf("it offers queues: %v", err)
	}
	if err := c.Send(t.Context(), "q", 1); !workloads.IsNoEffect(err) {
		t.Errorf("an operation that it does not know: %v", err)
	}
}

// TestNothingThatAProgramDoesWrongIsAFailure commits every sin, and works on after it
// with another program.
func TestNothingThatAProgramDoesWrongIsAFailure(t *testing.T) {
	for _, sin := range []string{
		"garbage", "no id", "wrong id", "old id", "no type", "type invoke", "an array", "two in a line", "empty line", "binary",
		"info", "dies", "dies within a line", "late", "silent", "closes its output",
	} {
		t.Run(sin, func(t *testing.T) {
			t.Parallel()
			c, journal := program(t, sin)
			up(t, c)
			err := c.Write(soon(t, 500*time.Millisecond), "k", 13)
			if err == nil || workloads.IsNoEffect(err) {
				t.Fatalf("error %v", err)
			}
			t.Log(err)
			up(t, c)
			if v, _, err := c.Read(soon(t, 5*time.Second), "k"); v != 1 || err != nil {
				t.Errorf("afterwards: %d, %v", v, err)
			}
			text, err := os.ReadFile(journal)
			if sin != "info" && (err != nil || !strings.Contains(string(text), "replaced: ")) {
				t.Errorf("nobody is told: %v, %s", err, text)
			}
		})
	}
}

func TestAFailureIsWhatTheProgramSaysItIs(t *testing.T) {
	c, _ := program(t, "fail")
	up(t, c)
	if err := c.Write(soon(t, 5*time.Second), "k", 13); !workloads.IsNoEffect(err) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v", err)
	}
}

// TestTheSecondAnswerSpoilsTheNextOperation sees that an answer too many does not pass
// for the answer to something else.
func TestTheSecondAnswerSpoilsTheNextOperation(t *testing.T) {
	c, journal := program(t, "twice")
	up(t, c)
	if err := c.Write(soon(t, 5*time.Second), "k", 13); err != nil {
		t.Fatal(err)
	}
	err := c.Write(soon(t, 5*time.Second), "k", 14)
	if err == nil || workloads.IsNoEffect(err) {
		t.Fatalf("error %v", err)
	}
	up(t, c)
	if text, _ := os.ReadFile(journal); !strings.Contains(string(text), "again") && !strings.Contains(string(text), "too many") {
		t.Errorf("nobody is told: %s", text)
	}
}

// TestASlowStartFailsOperationsThatWereNeverSent gives a program less time for an
// operation than it takes to start.
func TestASlowStartFailsOperationsThatWereNeverSent(t *testing.T) {
	c, _ := program(t, "slow hello")
	err := c.Write(soon(t, 100*time.Millisecond), "k", 1)
	if !workloads.IsNoEffect(err) {
		t.Fatalf("error %v", err)
	}
	for began := time.Now(); time.Since(began) < 15*time.Second; {
		if err = c.Write(soon(t, 100*time.Millisecond), "k", 1); err == nil {
			return
		}
	}
	t.Errorf("it never came up: %v", err)
}

// An answer that comes at the very moment in which time is up is heard all the same.
func TestAGreetingIsNotOverheard(t *testing.T) {
	for range 10 {
		c, _ := program(t, "none")
		if err := c.Write(soon(t, time.Millisecond), "k", 1); err != nil && !workloads.IsNoEffect(err) {
			t.Fatalf("error %v", err)
		}
		time.Sleep(100 * time.Millisecond)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Write(over, "k", 1); err == nil {
			t.Error("something was written when time was up")
		}
		up(t, c)
	}
}

func TestAProgramThatGreetsWronglyIsNeverSentAnything(t *testing.T) {
	c, journal := program(t, "wrong hello")
	err := c.Write(soon(t, 5*time.Second), "k", 1)
	if !workloads.IsNoEffect(err) || !strings.Contains(err.Error(), `"ready"`) {
		t.Errorf("error %v", err)
	}
	if text, _ := os.ReadFile(journal); !strings.Contains(string(text), `hello was {"assay":1,"node":"n1","address":"127.0.0.1:7"`) {
		t.Errorf("its standard error was not kept: %s", text)
	}
}

func TestClosingEndsTheProgram(t *testing.T) {
	for _, sin := range []string{"none", "deaf to the end"} {
		c, _ := program(t, sin)
		up(t, c)
		began := time.Now()
		c.Close()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%s: closing took %v", sin, took)
		}
		if err := c.Write(soon(t, time.Second), "k", 1); !workloads.IsNoEffect(err) {
			t.Errorf("%s: a closed client: %v", sin, err)
		}
	}
}

func TestOffersSaysWhatIsWrong(t *testing.T) {
	self, _ := os.Executable()
	t.Setenv("ASSAY_TEST_PROGRAM", "none")
	if offered, err := Offers(t.Context(), []string{self}); err != nil || len(offered) != 3 {
		t.Errorf("%v, %v", offered, err)
	}
	for _, wrong := range []struct {
		command []string
		says    string
	}{
		{[]string{"./no-such-program"}, "./no-such-program"},
		{[]string{"sh", "-c", "echo no module named redis >&2; exit 1"}, "no module named redis"},
		{[]string{"sh", "-c", `echo '{"assay":2,"operations":["read"]}'`}, `"assay":1`},
		{[]string{"sh", "-c", `echo '{"assay":1,"operations":["reed"]}'`}, "reed"},
		{[]string{"sh", "-c", `echo '{"assay":1,"operations":[]}'`}, "no operations"},
	} {
		_, err := Offers(t.Context(), wrong.command)
		if err == nil || !strings.Contains(err.Error(), wrong.says) {
			t.Errorf("%v: %v", wrong.command, err)
		}
	}
}

func TestAProgramThatPrintsWithoutEndFillsNoDisk(t *testing.T) {
	open := Journal(t.TempDir(), "n1")
	j, err := open()
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(strings.Repeat("x", 999) + "\n")
	for range 2 * mostKept / len(line) {
		if _, err := j.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	info, err := j.(*journal).file.Stat()
	if err != nil || info.Size() < mostKept || info.Size() > mostKept+1000 {
		t.Errorf("%v, %v", info, err)
	}
	j.Close()
}

func TestNonsenseIsNoValue(t *testing.T) {
	for _, text := range []string{`"3"`, `3.5`, `[3]`, `true`, `{"v":3}`, `99999999999999999999`} {
		var v history.Value
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		c := client.New(fixed{v})
		_, _, err := c.Read(t.Context(), "k")
		if err == nil || workloads.IsNoEffect(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// fixed answers everything alike.
type fixed struct{ v history.Value }

func (f fixed) Call(context.Context, client.Call) (history.Value, error) { return f.v, nil }
func (f fixed) Operations() []string                                     { return client.Names() }
func (f fixed) Close() error                                             { return errors.New("not to be closed") }
