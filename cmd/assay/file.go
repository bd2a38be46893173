package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/models"
	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/settings"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history/formats"
	"github.com/assaykit/assay/harness/history/jepsen"
	"github.com/assaykit/assay/results"
)

// fileFlags are how the history in a file is judged.
type fileFlags struct {
	model, failedCompareAndSet, expect string
	keyed, asJSON                      bool
	set                                []string
}

func (f *fileFlags) declare(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "what the history in the file is a history of: "+list(modelNames()))
	keyedFlag(c, &f.keyed)
	flags.StringVar(&f.failedCompareAndSet, "failed-cas", "", "what a failed compare-and-set tells; mismatch: that the values differed, always")
	flags.StringVar(&f.expect, "expect", "", "the isolation level that transactions have to satisfy, such as serializable")
	flags.StringArrayVar(&f.set, "set", nil, "key=value, a setting of the model; may be repeated")
	flags.BoolVar(&f.asJSON, "json", false, "print the verdict as JSON, for programs")
	completeModel(c)
}

func keyedFlag(c *cobra.Command, keyed *bool) {
	c.Flags().BoolVar(keyed, "keyed", false, "whether the values in Jepsen's histories are [key value] (default: found out if possible)")
}

// keyed is what was said about values, if anything was.
func keyed(c *cobra.Command, said bool) jepsen.Keyed {
	switch {
	case !c.Flags().Changed("keyed"):
		return jepsen.Find
	case said:
		return jepsen.Yes
	}
	return jepsen.No
}

// check judges the history in a file, or of a run.
func (f *fileFlags) check(ctx context.Context, c *cobra.Command, name string, flags *checkFlags) error {
	model, err := models.Find(f.model)
	if err != nil {
		return exit.Misuse("%s", suggest.Unknown("model", f.model, modelNames()))
	}
	options, err := f.options(model)
	if err != nil {
		return err
	}
	path, err := historyPath(name, flags.results)
	if err != nil {
		return err
	}
	reading, err := readHistory(path, keyed(c, f.keyed))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flags.budget)
	defer cancel()
	verdict, err := judge(ctx, model, reading, options)
	if err != nil {
		return err
	}
	if f.asJSON {
		err = printJSON(c.OutOrStdout(), verdict)
		tellNotes(c.ErrOrStderr(), reading.Notes)
	} else {
		err = tellVerdict(c.OutOrStdout(), verdict, model.Name+", "+path+" ("+reading.Format+")")
		tellNotes(c.OutOrStdout(), reading.Notes)
	}
	return errors.Join(err, exit.Judged(verdict.Validity))
}

// judge is the model's verdict, unless it goes by times that nobody recorded.
func judge(ctx context.Context, model models.Model, reading *formats.Reading, options models.Options) (checkers.Verdict, error) {
	if reading.Untimed && model.NeedsTimes(options) {
		return checkers.Verdict{Checker: model.Name, Reason: "operations have no times, and this promise is about times"}, nil
	}
	return model.Judge(ctx, reading.History, options)
}

// options are the settings that were chosen. Their errors are usage errors.
func (f *fileFlags) options(model models.Model) (models.Options, error) {
	set := f.set
	if f.failedCompareAndSet != "" {
		set = append(set, models.FailedCompareAndSet+"="+f.failedCompareAndSet)
	}
	if f.expect != "" {
		set = append(set, models.Expect+"="+f.expect)
	}
	_, chosen, err := settings.Split(set, nil, modelSettings(model))
	if err != nil {
		return nil, err
	}
	if _, err := model.New(chosen); err != nil {
		return nil, exit.Misuse("model %s: %w", model.Name, err)
	}
	return chosen, nil
}

// modelSettings are a model's settings in the form that targets' have.
func modelSettings(model models.Model) []cluster.Setting {
	var all []cluster.Setting
	for _, s := range model.Settings {
		one := cluster.Setting{Key: s.Key, Default: s.Default, About: s.About}
		for _, choice := range s.Choices {
			one.Choices = append(one.Choices, cluster.Choice{Value: choice.Value, About: choice.About})
		}
		all = append(all, one)
	}
	return all
}

// historyPath is the file to read: the one that was named, or the history of the
// run that was.
func historyPath(name, folder string) (string, error) {
	for _, path := range []string{name, name + ".zst"} {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	path, err := findRun(name, folder)
	if err != nil {
		return "", err
	}
	dir, err := results.Open(path)
	if err != nil {
		return "", err
	}
	return dir.HistoryPath(), nil
}

// readHistory reads a history whoever has written it. That there is none, or that
// it makes no sense, is a usage error.
func readHistory(path string, keyed jepsen.Keyed) (*formats.Reading, error) {
	reading, err := formats.Read(path, formats.Options{Keyed: keyed})
	switch {
	case errors.Is(err, jepsen.ErrKeyed):
		return nil, exit.Misuse("%w: say --keyed or --keyed=false", err)
	case errors.Is(err, fs.ErrNotExist):
		return nil, exit.Misuse("%w", err)
	}
	if _, malformed := errors.AsType[*formats.Malformed](err); malformed {
		return nil, exit.Misuse("%w", err)
	}
	return reading, err
}

// wantsModel explains what to do with a file that belongs to no run.
func wantsModel(name string, err error) error {
	if info, stat := os.Stat(name); stat != nil || info.IsDir() {
		return err
	}
	return exit.Misuse("%s belongs to no run: say what it is a history of, by --model (one of %s; see '%s')",
		name, list(modelNames()), assay("list", "models"))
}

const (
	// mostTold is how many findings are told; --json has them all.
	mostTold   = 5
	textColumn = 92
)

// tellVerdict prints a verdict for people.
func tellVerdict(out io.Writer, v checkers.Verdict, about string) error {
	word := v.Validity.String()
	if v.Validity == checkers.Invalid {
		word = strings.ToUpper(word)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s", word, about, folded(v.Reason, "  "))
	for i, finding := range v.Findings[:min(len(v.Findings), mostTold)] {
		name := finding.Anomaly
		if finding.Key != "" {
			name += " on " + keyName(finding.Key)
		}
		fmt.Fprintf(&b, "\n%d. %s\n%s", i+1, name, folded(finding.Text, "   "))
	}
	if more := len(v.Findings) - mostTold; more > 0 {
		fmt.Fprintf(&b, "\n%s; --json prints them all.\n", checkers.Count(more, "more finding"))
	}
	_, err := io.WriteString(printable{out}, b.String())
	return err
}

// keyName is a key as people write it, or quoted if there is anything odd about it.
func keyName(key string) string {
	if quoted := strconv.Quote(key); quoted != `"`+key+`"` {
		return quoted
	}
	return key
}

// folded breaks text into lines that fit, each after the indent.
func folded(text, indent string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		row := indent
		for word := range strings.FieldsSeq(line) {
			if len(row)+1+len(word) > textColumn && row != indent {
				b.WriteString(row + "\n")
				row = indent
			}
			if row != indent {
				row += " "
			}
			row += word
		}
		b.WriteString(row + "\n")
	}
	return b.String()
}

func tellNotes(out io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintf(out, "note    %s\n", note)
	}
}

func printJSON(out io.Writer, v checkers.Verdict) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
