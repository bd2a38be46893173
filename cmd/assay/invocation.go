package main

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaykit/assay/harness"
)

// invocation is how this program was called, so that the commands it prints
// work when they are typed: the executable that 'go run' makes is gone by then.
func invocation() []string {
	if strings.Contains(os.Args[0], string(os.PathSeparator)+"go-build") {
		return []string{"go", "run", "./cmd/assay"}
	}
	return []string{os.Args[0]}
}

// commandLine repeats a run: what was given, and what chance or the machine
// decided.
func commandLine(flags *pflag.FlagSet, test harness.Test, place string) []string {
	line := append(invocation(), "test", test.Target.Name())
	flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains(ofSeries, flag.Name) && flag.Name != "seed" && flag.Name != "runtime" && flag.Name != "quiet-progress" {
			for _, value := range values(flag) {
				line = append(line, "--"+flag.Name, value)
			}
		}
	})
	return append(line, "--runtime", place, "--seed", strconv.FormatInt(test.Seed, 10))
}

func values(flag *pflag.Flag) []string {
	if several, ok := flag.Value.(pflag.SliceValue); ok {
		return several.GetSlice()
	}
	return []string{flag.Value.String()}
}
