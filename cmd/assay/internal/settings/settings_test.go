package settings_test

import (
	"maps"
	"testing"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/settings"
	"github.com/assaykit/assay/harness/cluster"
)

var (
	target = []cluster.Setting{
		{Key: "reads", Choices: []cluster.Choice{{Value: "linearizable"}, {Value: "serializable"}}},
		{Key: "verbose"},
	}
	workload = []cluster.Setting{{Key: "values"}, {Key: "verbose"}}
)

func TestSplit(t *testing.T) {
	tests := []struct {
		name                   string
		pairs                  []string
		wantTarget, wantWorker map[string]string
	}{
		{"nothing", nil, nil, nil},
		{"each to its own", []string{"reads=serializable", "values=5"},
			map[string]string{"reads": "serializable"}, map[string]string{"values": "5"}},
		{"both", []string{"verbose=1"},
			map[string]string{"verbose": "1"}, map[string]string{"verbose": "1"}},
		{"value with an equals sign", []string{"values=a=b"}, nil, map[string]string{"values": "a=b"}},
		{"empty value", []string{"values="}, nil, map[string]string{"values": ""}},
		{"repeated", []string{"values=5", "values=5"}, nil, map[string]string{"values": "5"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			gotTarget, gotWorkload, err := settings.Split(test.pairs, target, workload)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(gotTarget, test.wantTarget) || !maps.Equal(gotWorkload, test.wantWorker) {
				t.Errorf("got %v and %v, want %v and %v", gotTarget, gotWorkload, test.wantTarget, test.wantWorker)
			}
		})
	}
}

func TestSplitRejects(t *testing.T) {
	tests := []struct {
		pairs []string
		want  string
	}{
		{[]string{"reads"}, `--set reads: not a setting; write --set key=value`},
		{[]string{"=x"}, `--set =x: not a setting; write --set key=value`},
		{[]string{"values=1", "values=2"}, `--set values=2: is "1" already; give it once`},
		{[]string{"read=serializable"},
			`--set read=serializable: unknown setting "read"; did you mean "reads"? (valid: reads, verbose, values)`},
		{[]string{"reads=serialisable"},
			`--set reads=serialisable: unknown value "serialisable"; did you mean "serializable"? (valid: linearizable, serializable)`},
	}
	for _, test := range tests {
		_, _, err := settings.Split(test.pairs, target, workload)
		if exit.Code(err) != exit.Usage {
			t.Errorf("%v: code %d, want a usage error", test.pairs, exit.Code(err))
			continue
		}
		if err.Error() != test.want {
			t.Errorf("got  %s\nwant %s", err, test.want)
		}
	}
}
