package main

import (
	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/harness/targets/demo/node"
)

// newNodeCmd is a node of the demo: the local runtime starts this same program
// once for each of them.
func newNodeCmd() *cobra.Command {
	return &cobra.Command{
		Use:                "node",
		Short:              "Be a node of the demo",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			return exit.As(node.Main(args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()))
		},
	}
}
