package priority

import (
	"testing"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

func TestRandom(t *testing.T) { liar.Try(t, 20_000, Type(), liar.Priority) }
