package script

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// Rounds is how many random histories a test tries: the number in the variable
// ASSAY_RANDOM, or the one given, which should take no more than a few seconds.
func Rounds(t testing.TB, otherwise int) int {
	t.Helper()
	text := os.Getenv("ASSAY_RANDOM")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("ASSAY_RANDOM is %q, not a number of rounds", text)
	}
	return n
}

// Seed is where a test's random histories begin: the number in the variable
// ASSAY_SEED, or another one each time. The test prints it.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ASSAY_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("ASSAY_SEED is %q, not a number", text)
		}
		seed = n
	}
	t.Logf("repeat with ASSAY_SEED=%d", seed)
	return seed
}

// Random is the source of chance of one round. A failing round is repeated by
// itself with the seed that Repeat names.
func Random(seed uint64, round int) *rand.Rand { return rand.New(rand.NewPCG(seed+uint64(round), 1)) }

// Repeat says how to see a round again.
func Repeat(t testing.TB, seed uint64, round int) string {
	return fmt.Sprintf("ASSAY_SEED=%d ASSAY_RANDOM=1 go test -run '^%s$'", seed+uint64(round), t.Name())
}
