package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/availability"
	"github.com/assaykit/assay/checkers/models"
	"github.com/assaykit/assay/checkers/sanity"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets"
	"github.com/assaykit/assay/nemesis"
	"github.com/assaykit/assay/workloads"
)

func newListCmd() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [" + strings.Join(sectionNames(), "|") + "]",
		Short: "List targets, workloads, nemeses, checkers and models",
		Example: `  assay list
  assay list targets
  assay list --json`,
		Args:      cobra.MatchAll(between(0, 1), knownSection),
		ValidArgs: sectionNames(),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	c.RunE = func(c *cobra.Command, args []string) error {
		chosen := sections()
		if len(args) == 1 {
			chosen = slices.DeleteFunc(chosen, func(s section) bool { return s.name != args[0] })
		}
		if asJSON {
			return listJSON(c.OutOrStdout(), chosen)
		}
		return listText(c.OutOrStdout(), chosen)
	}
	return c
}

// section is one table of what there is.
type section struct {
	name  string
	items func() []item
}

// item is one thing with what can be chosen about it.
type item struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Workloads are those that a target can be tested with.
	Workloads []string `json:"workloads,omitempty"`
	Settings  []option `json:"settings,omitempty"`
	// Shapes are where a fault strikes.
	Shapes []item `json:"shapes,omitempty"`
}

// option is a key of --set.
type option struct {
	Key     string `json:"key"`
	About   string `json:"about"`
	Default string `json:"default,omitempty"`
	Choices []item `json:"choices,omitempty"`
}

func sections() []section {
	return []section{
		{"targets", listTargets},
		{"workloads", listWorkloads},
		{"nemeses", listNemeses},
		{"checkers", listCheckers},
		{"models", listModels},
	}
}

func sectionNames() []string {
	var names []string
	for _, s := range sections() {
		names = append(names, s.name)
	}
	return names
}

func knownSection(_ *cobra.Command, args []string) error {
	if len(args) == 0 || slices.Contains(sectionNames(), args[0]) {
		return nil
	}
	return exit.Misuse("%s", suggest.Unknown("list", args[0], sectionNames()))
}

func listTargets() []item {
	var items []item
	for _, t := range targets.All() {
		items = append(items, item{
			Name: t.Name(), About: t.About(),
			Workloads: workloadNames(supported(t)), Settings: options(t.Settings()),
		})
	}
	return items
}

func listWorkloads() []item {
	var items []item
	for _, w := range workloads.All() {
		items = append(items, item{Name: w.Name(), About: w.About(), Settings: options(w.Settings())})
	}
	return items
}

func listNemeses() []item {
	items := []item{
		{Name: nemesis.None, About: "breaks nothing"},
		{Name: nemesis.Everything, About: "all that this machine and the target support and a correct system has to bear"},
		{Name: "most=1", About: "beside others: how many nodes are ever damaged, struck themselves or cut off, at most"},
	}
	for _, d := range nemesis.All() {
		family := item{Name: d.Name, About: d.About}
		for _, s := range d.Shapes {
			family.Shapes = append(family.Shapes, item{Name: s.Name, About: s.About})
		}
		items = append(items, family)
	}
	return items
}

// listCheckers are the checkers that judge workloads with their default
// settings, and those that judge every run.
func listCheckers() []item {
	all := []checkers.Checker{sanity.New(), availability.New(availability.Demands{})}
	for _, w := range workloads.All() {
		// The error of a default configuration would be a mistake that the
		// workload's own tests show; here the checker is merely not listed.
		if c, err := w.Checker(workloads.Config{Workers: 1}); err == nil {
			all = append(all, c)
		}
	}
	var items []item
	for _, c := range all {
		if !slices.ContainsFunc(items, func(it item) bool { return it.Name == c.Name() }) {
			items = append(items, item{Name: c.Name(), About: c.About()})
		}
	}
	return items
}

// listModels are what a history from elsewhere can be judged as.
func listModels() []item {
	var items []item
	for _, m := range models.All() {
		items = append(items, item{Name: m.Name, About: m.About, Settings: options(modelSettings(m))})
	}
	return items
}

func options(settings []cluster.Setting) []option {
	var all []option
	for _, s := range settings {
		o := option{Key: s.Key, About: s.About, Default: s.Default}
		for _, choice := range s.Choices {
			o.Choices = append(o.Choices, item{Name: choice.Value, About: choice.About})
		}
		all = append(all, o)
	}
	return all
}

func listJSON(out io.Writer, chosen []section) error {
	all := map[string][]item{}
	for _, s := range chosen {
		all[s.name] = s.items()
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(all)
}

func listText(out io.Writer, chosen []section) error {
	for i, s := range chosen {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, strings.ToUpper(s.name))
		if err := table(out, rows(s.items())); err != nil {
			return err
		}
	}
	return nil
}

// rows are the lines of a section: a thing, below it what can be chosen.
func rows(items []item) [][]string {
	var all [][]string
	for _, it := range items {
		all = append(all, []string{"  " + it.Name, it.About})
		if len(it.Workloads) > 0 {
			all = append(all, []string{"    --workload", list(it.Workloads)})
		}
		for _, o := range it.Settings {
			all = append(all, optionRows(o)...)
		}
		for _, s := range it.Shapes {
			all = append(all, []string{"    " + it.Name + ":" + s.Name, s.About})
		}
	}
	return all
}

func optionRows(o option) [][]string {
	about := o.About
	if o.Default != "" {
		about += " (default " + o.Default + ")"
	}
	all := [][]string{{"    --set " + o.Key, about}}
	for _, choice := range o.Choices {
		all = append(all, []string{"      " + o.Key + "=" + choice.Name, choice.About})
	}
	return all
}
