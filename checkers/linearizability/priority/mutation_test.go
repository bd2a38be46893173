package priority

import (
	"testing"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection/liar"
)

func TestMutations(t *testing.T) { liar.Mutate(t, Type(), liar.Priority) }
