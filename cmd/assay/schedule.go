package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness"
	"github.com/assaykit/assay/nemesis"
)

// arrange says when faults strike.
func (f *testFlags) arrange(test *harness.Test) error {
	if err := f.follow(test); err != nil || f.script == "" {
		return err
	}
	// The command that repeats the run must not depend on a file that may change.
	text, unread := os.ReadFile(f.script)
	if unread == nil {
		f.script = string(text)
	}
	script, err := nemesis.ParseScript(f.script)
	if err != nil && unread != nil && !strings.Contains(f.script, " ") { // more likely a file's name
		return exit.Misuse("--nemesis-script: neither a file (%w) nor a script (%w)", unread, err)
	}
	if err != nil {
		return exit.Misuse("--nemesis-script: %w", err)
	}
	test.Script, test.Nemesis = script, script.Spec()
	return nil
}

// follow reads how faults follow each other.
func (f *testFlags) follow(test *harness.Test) error {
	words := map[string]func(){
		"random":      func() { test.Fixed = false },
		"fixed":       func() { test.Fixed = true },
		"overlapping": func() { test.Overlap = nemesis.Always },
		"single":      func() { test.Overlap = nemesis.Never },
	}
	for _, word := range strings.Split(f.schedule, ",") {
		set, known := words[strings.TrimSpace(word)]
		if !known {
			return exit.Misuse("--schedule %s: %s", f.schedule, suggest.Unknown("word", word, []string{"random", "fixed", "overlapping", "single"}))
		}
		set()
	}
	if strings.Contains(f.schedule, "overlapping") && len(test.Nemesis.Families) == 1 && !test.Nemesis.Everything {
		return exit.Misuse("--schedule overlapping: %w", fmt.Errorf("there is only one family of faults, %s", test.Nemesis))
	}
	return nil
}
