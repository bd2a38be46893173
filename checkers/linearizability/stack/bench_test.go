package stack

import (
	"testing"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

func BenchmarkVerdict(b *testing.B) {
	liar.Bench(b, Type(), liar.Stack, 1_000, 10_000, 100_000, 1_000_000)
}

func BenchmarkSearch(b *testing.B) { liar.BenchSearch(b, Type(), liar.Stack) }
