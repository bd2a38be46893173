// Package catalogue holds known mistakes and known-good systems as data, and
// tries them over many seeds: a tester is believed when it finds what is known
// to be broken and leaves alone what is known to be right.
package catalogue

import (
	"slices"
	"strings"

	"github.com/assaykit/assay/harness/protocols/raft"
)

// Row is one experiment: what a user would type after `assay test`, and which
// verdict must come out.
type Row struct {
	ID    string
	About string
	// Args follow `assay test`; the seed is added.
	Args []string
	// Invalid says that the run has to be found invalid; otherwise it is a
	// control, which has to stay valid.
	Invalid bool
	// Findings are the anomalies one of which has to be found; none is any.
	Findings []string
	// Source says who else made the mistake, or what the promise rests on.
	Source string
}

// Rows are all experiments: the demo's deliberate bugs, its controls, and real systems.
func Rows() []Row {
	var rows []Row
	for _, m := range raft.Mistakes() {
		rows = append(rows, mistake(m))
	}
	return slices.Concat(rows, demo(), objects(), transactions(), systems())
}

// demo are experiments with the demo's bugs under other faults, and without a bug.
func demo() []Row {
	return []Row{
		{ID: "demo-tampered", Invalid: true,
			About:  "messages between nodes carry no checksum of their own, and somebody on the way writes 8 for 7",
			Args:   words("demo --set bug=no-checksum --workload register --nemesis tamper:7=>8 --time 30s --hold 2s --quiet 1s"),
			Source: "what TCP's checksum is not made for"},
		{ID: "demo-noisy-wire", About: "the same without a checksum on a noisy wire, whose damage TCP's own checksum shows",
			Args: words("demo --set bug=no-checksum --workload register --nemesis packets:corrupt(5%)@all --time 30s --hold 4s --quiet 500ms")},
		{ID: "demo-packets", About: "the demo without a bug: registers while packets are late, lost, doubled, overtaken, damaged",
			Args: words("demo --workload register --nemesis packets --time 30s")},
		{ID: "demo-power-no-fsync", Invalid: true,
			About:  "nodes write without ever syncing, and the power of all of them fails",
			Args:   words("demo --set bug=no-fsync --workload register --nemesis disk:power --time 30s"),
			Source: "NATS JetStream 2.12.1 with its default sync interval (Jepsen 2025)"},
		{ID: "demo-power", About: "the demo without a bug: registers while the power of all nodes fails",
			Args: words("demo --workload register --nemesis disk:power --time 30s")},
		{ID: "demo-disk", About: "the demo without a bug: registers on disks that fail, fill up, are slow, and lose their power",
			Args: words("demo --workload register --nemesis disk --time 60s")},
		{ID: "demo-clock-lease", Invalid: true,
			About:  "a leader reads and stays under a lease that it counts by a clock that jumps back or stands still when it is cut off",
			Args:   words("demo --set bug=lease-by-wall-clock " + wrongClocks("60s")),
			Source: "SOFAJRaft before 1.2.5 (pull request 26)"},
		{ID: "demo-clock", About: "the demo without a bug: registers under the same wrong clocks",
			Args: words("demo " + wrongClocks("30s"))},
		{ID: "demo", About: "the demo without a bug: registers under all faults",
			Args: words("demo --workload register --nemesis partition,kill,pause,corrupt --time 30s")},
		{ID: "demo-queue", About: "the demo without a bug: queue under all faults",
			Args: words("demo --workload queue --nemesis partition,kill,pause,corrupt --time 30s")},
		{ID: "demo-set", About: "the demo without a bug: sets under all faults",
			Args: words("demo --workload set --nemesis partition,kill,pause,corrupt --time 30s")},
	}
}

// wrongClocks strike the leader, and now and then cut it off.
func wrongClocks(time string) string {
	return "--workload register --nemesis partition:leader,clock:strobe(5s,100ms)@leader+freeze@leader" +
		" --time " + time + " --hold 1500ms --quiet 300ms"
}

func mistake(m raft.Mistake) Row {
	args := words("demo --set bug=" + string(m.Bug) + " --workload " + m.Workload + " --nemesis " + m.Nemesis)
	options := words(m.Options)
	if !slices.Contains(options, "--time") {
		args = append(args, "--time", "30s")
	}
	return Row{ID: "demo-" + string(m.Bug), About: m.About, Args: append(args, options...), Invalid: true, Source: m.Seen}
}

func words(line string) []string { return strings.Fields(line) }

// Find returns the rows with these identifiers, or all rows for none, and the
// first identifier that is not known.
func Find(ids []string) (rows []Row, unknown string) {
	if len(ids) == 0 {
		return Rows(), ""
	}
	for _, id := range ids {
		found := false
		for _, r := range Rows() {
			if r.ID == id {
				rows, found = append(rows, r), true
			}
		}
		if !found {
			return nil, id
		}
	}
	return rows, ""
}
