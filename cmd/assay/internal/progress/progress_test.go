package progress_test

import (
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness"
)

func TestLine(t *testing.T) {
	tests := []struct {
		progress harness.Progress
		want     string
	}{
		{harness.Progress{Phase: "set up"}, "set up  0:00"},
		{harness.Progress{Phase: "set up", Elapsed: 2600 * time.Millisecond, Remaining: 40 * time.Second},
			"set up  0:03, 0:40 left"},
		{harness.Progress{Phase: "load", Elapsed: 65 * time.Second, OK: 2301, Failed: 12, Unknown: 4, PerSecond: 198.4},
			"load  1:05  198 ops/s  ok 2,301, failed 12, unknown 4"},
		{harness.Progress{Phase: "load", Elapsed: 2*time.Hour + 5*time.Second, OK: 1, Faults: []string{"partition n2 | n1 n3", "kill n1"}},
			"load  2:00:05  0 ops/s  ok 1, failed 0, unknown 0  faults: partition n2 | n1 n3; kill n1"},
	}
	for _, test := range tests {
		if got := progress.Line(test.progress); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

func TestPlainPrintsEveryFiveSecondsAndAtEachPhase(t *testing.T) {
	var out strings.Builder
	display := progress.Plain(&out)
	for second := range 12 {
		display.Update(at("load", second))
	}
	display.Update(at("heal", 12))
	display.Update(at("heal", 13))
	io.WriteString(display, "built n1")
	display.Close()

	want := "load  0:00\nload  0:05\nload  0:10\nheal  0:12\nbuilt n1\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestLiveRedrawsOneLine(t *testing.T) {
	var out strings.Builder
	display := progress.Live(&out, func() int { return 80 })
	display.Update(at("set up", 1))
	display.Update(at("load", 2))
	io.WriteString(display, "stopping\n")
	display.Close()

	want := "\rset up  0:01\x1b[K" +
		"\rload  0:02\x1b[K" +
		"\r\x1b[K" + "stopping\n" + "\rload  0:02\x1b[K" +
		"\r\x1b[K"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestLiveFitsTheTerminal(t *testing.T) {
	tests := []struct {
		name  string
		width int
		want  string
	}{
		{"wide enough", 13, "load  0:02"},
		{"last column stays free", 11, "load  0:02"},
		{"cut", 10, "load  0:…"},
		{"unknown width", 0, "load  0:02"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			progress.Live(&out, func() int { return test.width }).Update(at("load", 2))
			if want := "\r" + test.want + "\x1b[K"; out.String() != want {
				t.Errorf("got %q, want %q", out.String(), want)
			}
		})
	}
}

func TestDisplayIsSafeForConcurrentUse(t *testing.T) {
	var out strings.Builder
	display := progress.Live(&out, func() int { return 80 })
	var group sync.WaitGroup
	group.Go(func() { display.Update(at("load", 1)) })
	group.Go(func() { io.WriteString(display, "a line\n") })
	group.Wait()
	display.Close()
	if !strings.Contains(out.String(), "a line\n") || !strings.Contains(out.String(), "load") {
		t.Errorf("got %q", out.String())
	}
}

func at(phase string, second int) harness.Progress {
	return harness.Progress{Phase: phase, Elapsed: time.Duration(second) * time.Second}
}
