package suggest_test

import (
	"testing"

	"github.com/assaykit/assay/cmd/assay/internal/suggest"
)

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"etcd", "etcd", 0},
		{"etcd", "ectd", 1},
		{"kitten", "sitting", 3},
		{"partition", "partitoin", 1},
		{"ca", "abc", 3}, // a swapped pair is not edited again
		{"queue", "queues", 1},
	}
	for _, test := range tests {
		if got := suggest.Distance(test.a, test.b); got != test.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
		if got := suggest.Distance(test.b, test.a); got != test.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	choices := []string{"register", "queue", "set"}
	tests := []struct{ word, want string }{
		{"regster", `unknown workload "regster"; did you mean "register"? (valid: register, queue, set)`},
		{"reg", `unknown workload "reg"; did you mean "register"? (valid: register, queue, set)`},
		{"Queues", `unknown workload "Queues"; did you mean "queue"? (valid: register, queue, set)`},
		{"zookeeper", `unknown workload "zookeeper" (valid: register, queue, set)`},
		{"", `unknown workload "" (valid: register, queue, set)`},
	}
	for _, test := range tests {
		if got := suggest.Unknown("workload", test.word, choices); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
