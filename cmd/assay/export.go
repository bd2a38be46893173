package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/jepsen"
)

// exportFormat is a format in which histories are written.
type exportFormat struct {
	name, about string
	write       func(io.Writer, *history.History) error
}

func exportFormats() []exportFormat {
	return []exportFormat{
		{"edn", "Jepsen's history.edn, for Knossos and Elle", jepsen.WriteEDN},
		{"json", "the same as a JSON array, for elle-cli", jepsen.WriteJSON},
		{"jsonl", "Assay's own, one JSON object a line", writeLines},
	}
}

func newExportCmd() *cobra.Command {
	var folder, format, path string
	var isKeyed bool
	c := &cobra.Command{
		Use:   "export RUN|FILE",
		Short: "Write a history in the format of other tools",
		Long: `Export writes the history of a run, or the one in a FILE, for other tools. In
Jepsen's formats all values are [key value] if the history has keys.

` + aboutRun,
		Example: `  assay export latest --format edn -o history.edn
  assay export history.edn --format jsonl`,
		Args:              between(1, 1),
		ValidArgsFunction: completeRun,
	}
	resultsFlag(c, &folder)
	c.Flags().StringVar(&format, "format", "edn", "edn, json or jsonl")
	c.Flags().StringVarP(&path, "output", "o", "", "file to write (default standard output)")
	keyedFlag(c, &isKeyed)
	completeFormat(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		as, err := findFormat(format)
		if err != nil {
			return err
		}
		from, err := historyPath(args[0], folder)
		if err != nil {
			return err
		}
		reading, err := readHistory(from, keyed(c, isKeyed))
		if err != nil {
			return err
		}
		tellNotes(c.ErrOrStderr(), reading.Notes)
		return writeTo(path, c.OutOrStdout(), func(w io.Writer) error { return as.write(w, reading.History) })
	}
	return c
}

func findFormat(name string) (exportFormat, error) {
	var names []string
	for _, f := range exportFormats() {
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	return exportFormat{}, exit.Misuse("%s", suggest.Unknown("format", name, names))
}

// writeTo writes to a file, or to the other writer if there is no path. What could
// not be written to its end is removed.
func writeTo(path string, otherwise io.Writer, write func(io.Writer) error) error {
	if path == "" {
		return write(otherwise)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// writeLines writes a history as it is recorded.
func writeLines(w io.Writer, h *history.History) error {
	out := bufio.NewWriter(w)
	for i := range h.Ops {
		line, err := h.Ops[i].MarshalJSON()
		if err == nil {
			_, err = out.Write(append(line, '\n'))
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}
