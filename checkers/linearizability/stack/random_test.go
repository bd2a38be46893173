package stack

import (
	"testing"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

func TestRandom(t *testing.T) { liar.Try(t, 20_000, Type(), liar.Stack) }

func TestShrink(t *testing.T) { liar.Shrink(t, 10_000, Type(), liar.Stack) }

func TestParts(t *testing.T) { liar.Parts(t, 4000, Type(), liar.Stack) }
