package results

import "strings"

// Repeat is the command that repeats the run, as one types it into a POSIX
// shell; empty if it is not known.
func (r Run) Repeat() string { return Command(r.CommandLine...) }

// Command joins words into a line for a POSIX shell, quoted where they need it.
func Command(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

func quote(word string) string {
	if word != "" && strings.Trim(word, unquoted) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// unquoted are the characters that no shell looks at twice.
const unquoted = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"
