package doctor_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaykit/assay/cmd/assay/internal/doctor"
	"github.com/assaykit/assay/harness/cluster"
)

func TestPrint(t *testing.T) {
	findings := doctor.Findings{
		Runtimes: []doctor.Runtime{
			{Name: "docker", Err: errors.New("no engine")},
			{Name: "local", About: "child processes", Capabilities: cluster.Capabilities{
				cluster.CanPause: nil, cluster.CanKill: nil, cluster.CanCorrupt: errors.New("needs containers"),
			}},
		},
		Aids: []doctor.Aid{{Name: "disk", About: "5.0 GiB free"}},
	}
	var out strings.Builder
	if err := findings.Print(&out); err != nil {
		t.Fatal(err)
	}
	want := `runtime docker   no   no engine
runtime local    yes  child processes
  fault corrupt  no   needs containers
  fault kill     yes
  fault pause    yes
disk             yes  5.0 GiB free
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestErr(t *testing.T) {
	broken := doctor.Runtime{Name: "docker", Err: errors.New("no engine")}
	tests := []struct {
		name     string
		runtimes []doctor.Runtime
		works    bool
	}{
		{"none", nil, false},
		{"broken", []doctor.Runtime{broken}, false},
		{"one of two", []doctor.Runtime{broken, {Name: "local"}}, true},
	}
	for _, test := range tests {
		if err := (doctor.Findings{Runtimes: test.runtimes}).Err(); (err == nil) != test.works {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestDiskOfAFolderThatDoesNotExistYet(t *testing.T) {
	aid := doctor.Disk(filepath.Join(t.TempDir(), "not", "yet"))
	if text := aid.About; !strings.Contains(text, "GiB free for") {
		t.Errorf("got %+v", aid)
	}
}
