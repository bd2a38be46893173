package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/docker"
	"github.com/assaykit/assay/harness/targets"
)

func newImageCmd() *cobra.Command {
	c := &cobra.Command{
		Use:     "image",
		Short:   "Build the image of a target from source",
		Example: "  assay image build etcd --version 3.5.17",
	}
	group(c, newImageBuildCmd())
	return c
}

func newImageBuildCmd() *cobra.Command {
	var version string
	var force bool
	c := &cobra.Command{
		Use:   "build TARGET --version VERSION",
		Short: "Build the image of a target from source",
		Long: `Build compiles a published version of the target's server with the Go toolchain
and packs it into an image FROM scratch, without Dockerfile, base image or
registry. Sources come through the Go module proxy.`,
		Example:           "  assay image build etcd --version 3.5.17",
		Args:              between(1, 1),
		ValidArgsFunction: completeBuildable,
	}
	c.Flags().StringVar(&version, "version", "", "the published version to build")
	c.Flags().BoolVar(&force, "force", false, "build even if the image is there")
	c.RunE = func(c *cobra.Command, args []string) error {
		image, err := findRecipe(args[0], version)
		if err != nil {
			return err
		}
		return build(c, image, force)
	}
	return c
}

func findRecipe(name, version string) (cluster.Image, error) {
	target, err := findTarget(name)
	if err != nil {
		return cluster.Image{}, err
	}
	source, ok := target.(cluster.Versioned)
	if !ok {
		return cluster.Image{}, exit.Misuse("image of %s: cannot be built by version; choose from %s", name, list(buildable()))
	}
	if version == "" {
		return cluster.Image{}, exit.Misuse("image of %s: which version? add --version, as in %s", name, example(target))
	}
	image, err := source.Recipe(version)
	if err != nil {
		return cluster.Image{}, exit.Misuse("image of %s: %w", name, err)
	}
	return image, nil
}

// example is a version that exists: the one that the target takes by default.
func example(target cluster.Target) string {
	for _, s := range target.Settings() {
		if s.Key == "version" {
			return "--version " + s.Default
		}
	}
	return "--version 1.2.3"
}

func buildable() []string {
	var names []string
	for _, t := range targets.All() {
		if _, ok := t.(cluster.Versioned); ok {
			names = append(names, t.Name())
		}
	}
	return names
}

func build(c *cobra.Command, image cluster.Image, force bool) error {
	display := progress.Plain(c.ErrOrStderr())
	ctx, stop := watch(c.Context(), display, "stopping the build")
	defer stop()
	engine, err := docker.Connect(ctx)
	if err != nil {
		return err
	}
	defer engine.Close()
	if err := engine.Build(ctx, image, force, display); err != nil {
		return fmt.Errorf("build %s: %w", image.Reference, err)
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), image.Reference)
	return err
}
