package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
)

// flagError makes usage errors of what the parser of flags complains about.
func flagError(c *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	see := "see '" + c.CommandPath() + " --help'"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		return exit.Misuse("%s; %s", suggest.Unknown("flag", "--"+unknown.GetSpecifiedName(), flagNames(c)), see)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return exit.Misuse("--%s %s: has to be %s; %s", wrong.GetFlag().Name, wrong.GetValue(), shape(wrong.GetFlag()), see)
	}
	return exit.Misuse("%w; %s", err, see)
}

// shape is what a flag's value has to look like.
func shape(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "duration":
		return "a duration such as 30s or 1m30s"
	case "int", "int64":
		return "a whole number"
	case "float64":
		return "a number"
	case "percentage":
		return "a percentage such as 99.9%"
	default:
		return "a " + flag.Value.Type()
	}
}

func flagNames(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// between accepts a number of arguments; cobra's own validators do not say what
// to do instead.
func between(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return exit.Misuse("an argument is missing; write '%s'", c.UseLine())
		case len(args) > most:
			return exit.Misuse("%q is one argument too many; write '%s'", args[most], c.UseLine())
		}
		return nil
	}
}

// positive rejects figures that were given and make no sense. Seeds may be
// anything.
func positive(c *cobra.Command, _ []string) error {
	var wrong error
	c.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Value.Type() {
		case "int", "float64", "duration":
			if amiss := notPositive(flag); amiss != "" {
				wrong = exit.Misuse("--%s %s: %s", flag.Name, flag.Value, amiss)
			}
		}
	})
	return wrong
}

// notPositive says what is wrong with a figure, if anything is. It goes by the text, the
// one thing that all types share.
func notPositive(flag *pflag.Flag) string {
	// Faults may follow each other at once, and runs be believed.
	mayBeZero := flag.Name == "quiet" || flag.Name == "check-determinism"
	switch figure := flag.Value.String(); {
	case figure == "NaN" || strings.HasSuffix(figure, "Inf"):
		return "has to be a number"
	case figure[0] == '-' && mayBeZero:
		return "must not be negative"
	case figure[0] == '-', (figure == "0" || figure == "0s") && !mayBeZero:
		return "has to be more than nothing"
	}
	return ""
}
