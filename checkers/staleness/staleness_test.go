package staleness_test

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/session/trace"
	"github.com/assaykit/assay/checkers/staleness"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, o staleness.Options, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := staleness.New(o).Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const behind = `
	0 invoke write 1 node=n1 key=k4 at=1s
	0 ok write 1 node=n1 key=k4 at=1.1s
	0 invoke write 2 node=n1 key=k4 at=1.2s
	0 ok write 2 node=n1 key=k4 at=1.3s
	0 invoke write 3 node=n1 key=k4 at=1.4s
	0 ok write 3 node=n1 key=k4 at=1.5s
	1 invoke read node=n2 key=k4 at=1.64s
	1 ok read 1 node=n2 key=k4 at=1.7s`

// together can each have been up to date, but not both: whichever write came
// last, the other one's value was read later.
const together = `
	0 invoke write 1 at=1s
	1 invoke write 2 at=1.1s
	0 ok write 1 at=1.2s
	1 ok write 2 at=1.3s
	2 invoke read at=2s
	2 ok read 1 at=2.1s
	3 invoke read at=3s
	3 ok read 2 at=3.1s
	2 invoke read at=4s
	2 ok read 1 at=4.1s`

// known are histories and their verdicts: valid, unknown, or the anomalies in the
// order of the findings.
var known = []struct {
	name    string
	options staleness.Options
	want    string
	text    string
}{
	{"no bound", staleness.Options{}, "unknown", behind},
	{"within the bound of age", staleness.Options{MaxAge: 340 * time.Millisecond}, "valid", behind},
	{"beyond the bound of age", staleness.Options{MaxAge: 339 * time.Millisecond}, "stale-read", behind},
	{"within the bound of versions", staleness.Options{MaxVersions: 2}, "valid", behind},
	{"beyond the bound of versions", staleness.Options{MaxVersions: 1}, "stale-read", behind},
	{"beyond one of two bounds", staleness.Options{MaxAge: time.Second, MaxVersions: 1}, "stale-read", behind},
	{"two bounds that may not be kept by one order", staleness.Options{MaxAge: time.Second, MaxVersions: 2}, "unknown", behind},
	{"not stale by themselves, but together", staleness.Options{MaxAge: 100 * time.Millisecond}, "stale-together", together},
	{"stale together, within the bound", staleness.Options{MaxAge: 2 * time.Second}, "valid", together},
	{"two values in turn, behind by one at most", staleness.Options{MaxVersions: 1}, "valid", together},
	{"three values in turn, of which one is behind by two", staleness.Options{MaxVersions: 1}, "stale-together", `
		0 invoke write 1 key=k
		1 invoke write 2 key=k
		2 invoke write 3 key=k
		0 ok write 1 key=k
		1 ok write 2 key=k
		2 ok write 3 key=k
		3 invoke read key=k
		3 ok read 1 key=k
		3 invoke read key=k
		3 ok read 2 key=k
		3 invoke read key=k
		3 ok read 3 key=k`},
	{"a write of unknown outcome that was found", staleness.Options{MaxAge: time.Millisecond}, "stale-read", `
		0 invoke write 1 at=1s
		0 info write 1 at=2s !timeout
		1 invoke read at=3s
		1 ok read 1 at=4s
		2 invoke read at=5s
		2 ok read null at=6s`},
	{"a write of unknown outcome that nobody found", staleness.Options{MaxAge: time.Millisecond}, "valid", `
		0 invoke write 1 at=1s
		0 info write 1 at=2s !timeout
		2 invoke read at=5s
		2 ok read null at=6s`},
	{"which of two writes was found cannot be told", staleness.Options{MaxAge: time.Millisecond}, "unknown", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke write 1
		0 ok write 1
		0 invoke read
		0 ok read 1`},
	{"whichever of two writes was found, it was stale", staleness.Options{MaxVersions: 1}, "stale-read", `
		0 invoke write 1
		0 ok write 1
		0 invoke write 1
		0 ok write 1
		0 invoke write 2
		0 ok write 2
		0 invoke write 3
		0 ok write 3
		0 invoke read
		0 ok read 1`},
	{"nobody wrote it", staleness.Options{MaxAge: time.Second}, "phantom-read", `
		0 invoke read
		0 ok read 7`},
	{"no reads", staleness.Options{MaxAge: time.Second}, "unknown", `
		0 invoke write 1
		0 ok write 1`},
	{"no integer", staleness.Options{}, "unknown", `
		0 invoke read
		0 ok read "x"`},
}

func TestKnownHistories(t *testing.T) {
	var explained strings.Builder
	for _, c := range known {
		h := script.Parse(t, c.text)
		got := check(t, c.options, h)
		words := []string{got.Validity.String()}
		if got.Validity == checkers.Invalid {
			words = words[:0]
			for _, f := range got.Findings {
				words = append(words, f.Anomaly)
			}
			script.PointsAtCalls(t, h, got)
		}
		if !slices.Equal(words, []string{c.want}) {
			t.Errorf("%s: %v: %s, want %v", c.name, words, got.Reason, c.want)
		}
		explained.WriteString(script.Explained(c.name, got))
	}
	script.Golden(t, "testdata/explanations.txt", explained.String(), *update)
}

func TestFigures(t *testing.T) {
	h := script.Parse(t, behind)
	parsed, err := trace.Parse(h, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := staleness.Measure(h, parsed)
	if m.Reads != 1 || len(m.Stale) != 1 || m.Ages().P50 != 340*time.Millisecond || m.Versions().Max != 2 {
		t.Errorf("%+v", m)
	}
	if got, want := m.Brief(), "1 read was certainly stale, by up to 340 ms, 2 versions"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
