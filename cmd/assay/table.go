package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

func list(words []string) string { return strings.Join(words, ", ") }

// table prints rows in columns.
func table(out io.Writer, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), "\t "))
	}
	return w.Flush()
}
