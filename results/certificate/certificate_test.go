package certificate

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
)

const hostile = `<script>alert(1)</script>|"'` + "\n# x"

// example has one of everything.
func example() *Certificate {
	register := Claim{Workload: "register", Promise: "linearizable", Page: "https://example.org/claims", Status: Broken,
		Why: "broken under partition: a read was stale", Operations: 1200, Seeds: 2,
		Trials: []Trial{
			{Faults: "none", Status: Held, Runs: []int{0}, Operations: 700, Seeds: 1},
			{Faults: "partition", Status: Broken, Why: "a read was stale", Runs: []int{1}, Operations: 500, Seeds: 1, Injected: 3},
		},
		Witness: &Witness{Anomaly: "stale-read", Key: "r1", Text: hostile, Run: 1}}
	return &Certificate{
		Format: Format, Assay: "(devel)", Target: "demo", About: "a store", Nodes: 3, Runtime: "local", Machine: "a machine", Seed: 1,
		CommandLine: []string{"assay", "certify", "demo"}, Started: time.Unix(1e9, 0).UTC(), Took: time.Minute, Budget: 2 * time.Minute,
		Claims: []Claim{
			register,
			{Workload: "queue", Promise: "exactly once", Page: "the manual", Status: Unknown, Why: "it was not tried"},
			{Workload: "set", Promise: "durable", Settings: map[string]string{"sync": "always"}, Status: Held, Why: "held without faults",
				Trials: []Trial{{Faults: "none", Status: Held, Runs: []int{0}}}},
		},
		Partitions: []Partition{{Kind: "leader", About: "the leader from all others", Consistent: Broken, Lost: 12, Recovery: time.Second,
			Sides: []Side{
				{Name: "majority side", Reads: Share{10, 10}, Updates: Share{10, 9}, P50: time.Millisecond},
				{Name: "minority side", Reads: Share{10, 8}, Updates: Share{10, 9}},
			}, Runs: []int{1}}},
		Trades: []Trade{{Setting: "reads", For: "consistency", Points: []Point{
			{Value: "linearizable", Distance: "here", Seen: "linearizable", Run: 0, Latencies: []Latency{{Kind: "read", Share: Share{5, 5}, P50: time.Millisecond, P99: 2 * time.Millisecond}}},
			{Value: "linearizable", Distance: "far", RoundTrip: 100 * time.Millisecond, Seen: "causal consistency", Stale: hostile, Run: 1, Latencies: []Latency{{Kind: "read", Share: Share{5, 5}, P50: 101 * time.Millisecond}}},
			{Value: hostile, Distance: "far", RoundTrip: 100 * time.Millisecond, Failure: "no cluster", Run: 1},
		}}},
		Deliveries: []Delivery{{Workload: "queue", Client: "sends once", Faults: "kill", Observed: "exactly once", Why: hostile, Runs: []int{1}}},
		Distances:  []Cost{{Setting: "reads=linearizable", Kind: "read", Alone: time.Millisecond, Distance: "far", RoundTrip: 100 * time.Millisecond, P50: 201 * time.Millisecond}},
		Runs: []Run{
			{Dir: "../../demo-register/one", Part: "claims", Workload: "register", Faults: "none", Seed: 1, Validity: checkers.Valid, Reason: "fine", Operations: 700},
			{Dir: "../../demo-register/two", Part: "claims", Workload: "register", Faults: "partition", Seed: 1, Validity: checkers.Invalid, Reason: hostile, Operations: 500, Repeat: "assay test demo --seed 1"},
		},
		Left: []Omission{{"faults of the family disk", "no disks here"}},
	}
}

func TestWhatIsWrittenCanBeReadAgain(t *testing.T) {
	folder := t.TempDir()
	want := example()
	if err := want.Write(folder); err != nil {
		t.Fatal(err)
	}
	got, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
}

func TestThePageTellsAllAndRunsNothing(t *testing.T) {
	text := render(t, example().Page)
	for _, want := range []string{
		"1 broken, 1 unknown, 1 held of 3 claims",
		`href="https://example.org/claims"`,
		`href="../../demo-register/two/report.html"`,
		"assay test demo --seed 1",
		"stale-read on <bdi>r1</bdi>",
		"it was not tried",
		"Available rather than consistent",
		"12 writes were acknowledged and then gone",
		"no disks here",
		`<polyline class="line c0 d0"`,
		`class="mark c0 hollow"`,
		">2.0<",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Contains(text, "<script") || strings.Contains(text, `href="the manual"`) {
		t.Error("the page has text of others in it that is not text")
	}
}

func TestMarkdownKeepsItsTables(t *testing.T) {
	text := render(t, example().Markdown)
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "| queue | sends once") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 6 {
			t.Errorf("a row of another number of cells: %s", line)
		}
	}
	for _, want := range []string{"1 broken, 1 unknown, 1 held of 3 claims", "stale-read: ", "](../../demo-register/two/report.html)"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

func render(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheGravestClaimCounts(t *testing.T) {
	for _, c := range []struct {
		claims []Status
		want   Status
	}{
		{nil, Unknown},
		{[]Status{Held, Held}, Held},
		{[]Status{Held, Unknown}, Unknown},
		{[]Status{Unknown, Held, Broken}, Broken},
	} {
		var of Certificate
		for _, s := range c.claims {
			of.Claims = append(of.Claims, Claim{Status: s})
		}
		if got := of.Status(); got != c.want {
			t.Errorf("%v: %s, want %s", c.claims, got, c.want)
		}
	}
}

func TestTheStanceFollowsWhatWasMeasured(t *testing.T) {
	side := func(minority int) []Side {
		return []Side{{Name: "majority side", Reads: Share{100, 98}}, {Name: "minority side", Reads: Share{100, minority}}}
	}
	for _, c := range []struct {
		consistent Status
		minority   int
		want       string
	}{
		{Held, 0, "Consistent rather than available"},
		{Held, 90, "Consistent in all that was seen"},
		{Broken, 90, "Available rather than consistent"},
		{Broken, 10, "Neither"},
		{Unknown, 10, "Not known"},
	} {
		of := Certificate{Partitions: []Partition{{Kind: "one", Consistent: c.consistent, Sides: side(c.minority)}}}
		if got := of.CAP(); !strings.HasPrefix(got, c.want) || !strings.Contains(got, "98%") {
			t.Errorf("%s, %d%%: %s", c.consistent, c.minority, got)
		}
	}
}

func TestDurationsHaveThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "–", 1234567: "1.23 ms", 61 * time.Second: "1m1s", 1999 * time.Millisecond: "2 s", 250 * time.Microsecond: "250 µs", -1500 * time.Microsecond: "-1.5 ms",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

// A run that could not take place is told, unless its history shows a contradiction: that
// one proves something.
func TestRunsThatCouldNotTakePlaceAreCounted(t *testing.T) {
	c := example()
	if c.Failed() != 0 {
		t.Errorf("%d of none", c.Failed())
	}
	c.Runs[0].Error, c.Runs[1].Error = "no engine", "a full disk"
	if c.Failed() != 1 || !strings.Contains(render(t, c.Markdown), "1 run could not take place") {
		t.Errorf("%d failed:\n%s", c.Failed(), render(t, c.Markdown))
	}
}
