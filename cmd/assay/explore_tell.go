package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/cmd/assay/internal/diagram"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/protocols"
	"github.com/assaykit/assay/harness/sim/explore"
	"github.com/assaykit/assay/results/sequence"
)

// listProtocols prints what can be explored, with the settings and what is known.
func listProtocols(out io.Writer, asJSON bool) error {
	if asJSON {
		return printProtocols(out)
	}
	for _, p := range protocols.All() {
		fmt.Fprintf(out, "%s\n  %s\n", p.Name, p.About)
		for _, s := range slices.Concat(p.Settings, p.Exploration.Settings) {
			fmt.Fprintf(out, "  --set %s=...  %s; %s unless set\n", s.Key, s.About, s.Default)
			for _, c := range s.Choices {
				fmt.Fprintf(out, "      %-18s %s\n", c.Value, c.About)
			}
		}
		if p.Exploration.Symmetric {
			fmt.Fprintln(out, "  --symmetry  takes nodes for one another that no client speaks to and that have no role of their own")
		}
		fmt.Fprintf(out, "  %s\n\n", sizeText(p.Exploration.Setup(nil)))
	}
	return nil
}

// listed is a protocol as JSON.
type listed struct {
	Name     string            `json:"name"`
	About    string            `json:"about"`
	Settings []cluster.Setting `json:"settings,omitempty"`
	// Symmetric says that it can be explored with --symmetry.
	Symmetric bool `json:"symmetric,omitempty"`
}

func printProtocols(out io.Writer) error {
	var all []listed
	for _, p := range protocols.All() {
		all = append(all, listed{p.Name, p.About, slices.Concat(p.Settings, p.Exploration.Settings), p.Exploration.Symmetric})
	}
	return indented(out, all)
}

func indented(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// announce says what is explored.
func (x *explored) announce(out io.Writer) {
	fmt.Fprintf(out, "%s, %s\n", x.protocol.Name, sizeText(x.setup))
	for _, key := range slices.Sorted(maps.Keys(x.chosen)) {
		fmt.Fprintf(out, "  %s=%s\n", key, x.chosen[key])
	}
}

// sizeText is a setup in words.
func sizeText(s protocols.Setup) string {
	words := []string{checkers.Count(s.Nodes, "node")}
	if s.Clients > 0 {
		words = append(words, checkers.Count(s.Clients, "client"))
	}
	network := s.Network.String() + " network"
	if s.Lossy {
		network = "lossy " + network
	}
	words = append(words, network)
	for _, b := range []struct {
		n    int
		what string
	}{
		{s.Faults.Drops, "lost message"}, {s.Faults.Duplicates, "repeated message"}, {s.Faults.Crashes, "crash"},
		{s.Faults.Restarts, "restart"}, {s.Faults.Partitions, "partition"},
	} {
		if b.n != 0 {
			words = append(words, budgetText(b.n, b.what))
		}
	}
	switch s.Timeouts {
	case explore.Never:
		words = append(words, "no timeouts")
	case 0, explore.Unlimited:
		words = append(words, "any number of timeouts")
	default:
		words = append(words, budgetText(s.Timeouts, "timeout"))
	}
	if s.Depth > 0 {
		words = append(words, fmt.Sprintf("to depth %d", s.Depth))
	}
	if s.Symmetry {
		words = append(words, "nodes that are alike taken for one another")
	}
	return list(words)
}

func budgetText(n int, what string) string {
	if n == explore.Unlimited {
		return "any number of " + strings.TrimSpace(strings.TrimPrefix(checkers.Count(2, what), "2 "))
	}
	return "up to " + checkers.Count(n, what)
}

// conclude prints the result, and keeps the runs of violations. What it returns
// becomes the exit code.
func (x *explored) conclude(out io.Writer, f *exploreFlags) error {
	if err := x.keep(f.results); err != nil {
		return err
	}
	if f.json {
		if err := x.printJSON(out); err != nil {
			return err
		}
	} else {
		x.tell(out)
	}
	return exit.Judged(x.result.Validity())
}

func (x *explored) tell(out io.Writer) {
	r := x.result
	fmt.Fprintf(out, "\n%s  %s\n", verdictWord(r.Validity()), x.protocol.Name)
	for _, p := range r.Properties {
		fmt.Fprintf(out, "  %-9s %s %s: %s\n", outcomeWord(p), p.Kind, p.Name, p.Reason)
	}
	for _, p := range r.Properties {
		if p.Validity == checkers.Invalid && p.Trace != nil {
			fmt.Fprintf(out, "\nThe shortest way to break %q%s:\n\n%s", p.Name, x.unlessDepthFirst(), printableText(p.Trace.String()))
		}
	}
	fmt.Fprintf(out, "\n%s unique states, %s generated, depth %d, in %s: %s states/s\n",
		thousands(r.Unique), thousands(r.Generated), r.Depth, r.Elapsed.Round(time.Millisecond), thousands(int(r.Rate())))
	if !r.Complete {
		fmt.Fprintf(out, "not all states were visited: %s\n", r.Stopped)
	} else if r.Collision > 0 {
		fmt.Fprintf(out, "all states were visited, unless two of them have the same fingerprint (likelihood about %.1g)\n", r.Collision)
	}
	if x.kept != "" {
		fmt.Fprintf(out, "\nsteps   %s\n", x.kept)
	}
	fmt.Fprintf(out, "repeat  %s\n", x.command)
}

func (x *explored) unlessDepthFirst() string {
	if x.options.Search == explore.DepthFirst {
		return " that was met, not the shortest of all"
	}
	return ""
}

func verdictWord(v checkers.Validity) string {
	if v == checkers.Invalid {
		return "INVALID"
	}
	return v.String()
}

// outcomeWord says of a property what was found.
func outcomeWord(p explore.Judgement) string {
	switch {
	case p.Validity == checkers.Unknown:
		return "unknown"
	case p.Kind == explore.SometimesKind && p.Validity == checkers.Invalid:
		return "unreached"
	case p.Kind == explore.SometimesKind:
		return "reached"
	case p.Validity == checkers.Invalid:
		return "VIOLATED"
	}
	return "holds"
}

// printableText leaves out what a terminal would take for orders.
func printableText(text string) string {
	var b strings.Builder
	_, _ = printable{&b}.Write([]byte(text))
	return b.String()
}

// outcome is the result as JSON.
type outcome struct {
	Protocol   string            `json:"protocol"`
	Settings   map[string]string `json:"settings,omitempty"`
	Size       string            `json:"size"`
	Validity   string            `json:"validity"`
	Unique     int               `json:"unique"`
	Generated  int               `json:"generated"`
	Depth      int               `json:"depth"`
	Complete   bool              `json:"complete"`
	Stopped    string            `json:"stopped,omitempty"`
	Seconds    float64           `json:"seconds"`
	Rate       int               `json:"states_per_second"`
	Collision  float64           `json:"collision"`
	Memory     int               `json:"memory_bytes"`
	Properties []judged          `json:"properties"`
	Kept       string            `json:"steps,omitempty"`
	Command    string            `json:"command"`
}

type judged struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Validity string   `json:"validity"`
	Reason   string   `json:"reason"`
	Steps    []string `json:"steps,omitempty"`
}

func (x *explored) printJSON(out io.Writer) error {
	r := x.result
	o := outcome{
		Protocol: x.protocol.Name, Settings: x.chosen, Size: sizeText(x.setup), Validity: r.Validity().String(),
		Unique: r.Unique, Generated: r.Generated, Depth: r.Depth, Complete: r.Complete, Stopped: r.Stopped,
		Seconds: r.Elapsed.Seconds(), Rate: int(r.Rate()), Collision: r.Collision, Memory: r.Memory,
		Kept: x.kept, Command: x.command,
	}
	for _, p := range r.Properties {
		j := judged{Name: p.Name, Kind: p.Kind.String(), Validity: p.Validity.String(), Reason: p.Reason}
		if p.Trace != nil {
			j.Steps = p.Trace.Labels()
		}
		o.Properties = append(o.Properties, j)
	}
	return indented(out, o)
}

// keep writes the runs that violate a property, as text and as a page with a diagram.
func (x *explored) keep(root string) error {
	for i, p := range x.result.Properties {
		if p.Validity != checkers.Invalid || p.Trace == nil {
			continue
		}
		if x.kept == "" {
			// This is no directory of a run: there is no history to check again.
			x.kept = filepath.Join(root, "explored", x.protocol.Name, time.Now().UTC().Format("20060102T150405.000Z"))
			if err := os.MkdirAll(x.kept, 0o755); err != nil {
				return fmt.Errorf("keep the runs of violations: %w; choose another place with --results", err)
			}
		}
		if err := x.keepRun(fmt.Sprintf("violation-%d", i+1), p); err != nil {
			return fmt.Errorf("keep the run that violates %q: %w", p.Name, err)
		}
	}
	return nil
}

func (x *explored) keepRun(name string, p explore.Judgement) error {
	events := diagram.Events(p.Trace, p.Name+": "+p.Reason)
	var text, page strings.Builder
	if err := events.Encode(&text); err != nil {
		return err
	}
	err := sequence.Render(&page, sequence.Input{
		Trace: events, Title: fmt.Sprintf("%s: %s %s", x.protocol.Name, p.Kind, p.Name),
		About: fmt.Sprintf("%s. %s. %s", p.Reason, sizeText(x.setup), x.command),
	})
	if err != nil {
		return err
	}
	for file, content := range map[string]string{".trace": text.String(), ".txt": p.Trace.String(), ".html": page.String()} {
		if err := os.WriteFile(filepath.Join(x.kept, name+file), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
