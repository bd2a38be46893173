package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers/models"
	"github.com/assaykit/assay/cmd/assay/internal/catalogue"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/targets"
	"github.com/assaykit/assay/nemesis"
)

// Completions cannot tell an error from having nothing to offer, so the
// functions below offer what they can and stay silent otherwise.

func completeTarget(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var offers []string
	for _, t := range targets.All() {
		offers = append(offers, cobra.CompletionWithDesc(t.Name(), t.About()))
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// completeExperiment offers what the catalogue has, as many as one likes.
func completeExperiment(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var offers []string
	for _, row := range catalogue.Rows() {
		if !slices.Contains(args, row.ID) {
			offers = append(offers, cobra.CompletionWithDesc(row.ID, row.About))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// completeBuildable offers the targets whose images can be built from source.
func completeBuildable(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	offers, directive := completeTarget(c, args, typed)
	return slices.DeleteFunc(offers, func(offer string) bool {
		name, _, _ := strings.Cut(offer, "\t")
		return !slices.Contains(buildable(), name)
	}), directive
}

func completeRun(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{cobra.CompletionWithDesc("latest", "the run that began last")}, cobra.ShellCompDirectiveDefault
}

func completeModel(c *cobra.Command) {
	var offers []string
	for _, m := range models.All() {
		offers = append(offers, cobra.CompletionWithDesc(m.Name, m.About))
	}
	offer(c, "model", offers)
	offer(c, "failed-cas", []string{history.Mismatch})
}

func completeFormat(c *cobra.Command) {
	var offers []string
	for _, f := range exportFormats() {
		offers = append(offers, cobra.CompletionWithDesc(f.name, f.about))
	}
	offer(c, "format", offers)
}

func offer(c *cobra.Command, flag string, offers []string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(offers, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was not declared
	}
}

func (f *testFlags) complete(c *cobra.Command) {
	offer := func(flag string, offers cobra.CompletionFunc) {
		if err := c.RegisterFlagCompletionFunc(flag, offers); err != nil {
			panic(err) // the flag was not declared
		}
	}
	offer("runtime", cobra.FixedCompletions(runtimes(), cobra.ShellCompDirectiveNoFileComp))
	offer("agent", cobra.FixedCompletions(agents(), cobra.ShellCompDirectiveNoFileComp))
	offer("workload", func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return f.offerWorkloads(args), cobra.ShellCompDirectiveNoFileComp
	})
	offer("nemesis", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return offerNemeses(typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
	offer("set", func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		return f.offerSettings(args, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

func (f *testFlags) offerWorkloads(args []string) []string {
	target, err := findTarget(targetName(args))
	if err != nil {
		return nil
	}
	var offers []string
	for _, w := range supported(target) {
		offers = append(offers, cobra.CompletionWithDesc(w.Name(), w.About()))
	}
	return offers
}

// offerNemeses continues a specification: a family after a comma, a shape of
// the last family after a colon or a plus sign.
func offerNemeses(typed string) []string {
	before := typed[:strings.LastIndexAny(typed, ",")+1]
	family, shapes, some := strings.Cut(typed[len(before):], ":")
	var offers []string
	for _, d := range nemesis.All() {
		if !some {
			offers = append(offers, cobra.CompletionWithDesc(before+d.Name, d.About))
			continue
		}
		if d.Name != family {
			continue
		}
		chosen := shapes[:strings.LastIndex(shapes, "+")+1]
		for _, s := range d.Shapes {
			offers = append(offers, cobra.CompletionWithDesc(before+family+":"+chosen+s.Name, s.About))
		}
	}
	if typed == before && before == "" {
		offers = append(offers, cobra.CompletionWithDesc(nemesis.None, "breaks nothing"))
	}
	return offers
}

func (f *testFlags) offerSettings(args []string, typed string) []string {
	var offers []string
	for _, s := range f.settings(args) {
		key := s.Key + "="
		if !strings.HasPrefix(typed, key) {
			offers = append(offers, cobra.CompletionWithDesc(key, s.About))
			continue
		}
		for _, choice := range s.Choices {
			offers = append(offers, cobra.CompletionWithDesc(key+choice.Value, choice.About))
		}
	}
	return offers
}

// settings are the keys that target and workload understand together.
func (f *testFlags) settings(args []string) []cluster.Setting {
	target, err := findTarget(targetName(args))
	if err != nil {
		return nil
	}
	workload, err := findWorkload(f.workload, target)
	if err != nil {
		return target.Settings()
	}
	return append(target.Settings(), workload.Settings()...)
}
