// Package suggest turns a word that nobody knows into the word that was
// probably meant. It compares spelling only.
package suggest

import (
	"fmt"
	"strings"
)

// Unknown is the sentence for a word that is none of the choices: the nearest
// one if there is one, and all that are valid. Kind is a singular noun.
func Unknown(kind, word string, choices []string) string {
	s := fmt.Sprintf("unknown %s %q", kind, word)
	if near, ok := Nearest(word, choices); ok {
		s += fmt.Sprintf("; did you mean %q?", near)
	}
	if len(choices) == 0 {
		return s
	}
	return s + " (valid: " + strings.Join(choices, ", ") + ")"
}

// Nearest is the choice that the word was probably meant to be: one that it
// begins, or one that a slip or two for every three letters makes of it.
func Nearest(word string, choices []string) (string, bool) {
	word = strings.ToLower(word)
	best, bestDistance := "", len(word)/3+2
	for _, choice := range choices {
		d := Distance(word, strings.ToLower(choice))
		if len(word) > 1 && strings.HasPrefix(choice, word) {
			d = 1
		}
		if d < bestDistance && d < len(choice) {
			best, bestDistance = choice, d
		}
	}
	return best, best != ""
}

// Distance is how many characters have to be inserted, deleted, replaced or
// swapped with their neighbour to make b of a (optimal string alignment).
func Distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, last, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(from); i++ {
		row[0] = i
		for j := 1; j <= len(to); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(from[i-1], to[j-1]))
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(to)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
