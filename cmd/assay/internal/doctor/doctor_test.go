package doctor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaykit/assay/cmd/assay/internal/doctor"
	"github.com/assaykit/assay/harness/cluster"
)

var findings = doctor.Findings{
	Runtimes: []doctor.Runtime{
		{Name: "docker", Err: errors.New("no engine")},
		{Name: "local", About: "child processes", Capabilities: cluster.Capabilities{
			cluster.CanPause: nil, cluster.CanKill: nil, cluster.CanCorrupt: errors.New("needs containers"),
			cluster.CanClock: errors.New("not permitted"), cluster.CanDisk: nil,
		}, Mechanisms: map[cluster.Capability]cluster.Mechanism{
			cluster.CanPause: {About: "SIGSTOP"}, cluster.CanClock: {About: "a hook", Needs: []string{"SYS_PTRACE"}},
			cluster.CanDisk: {About: "a layer", Needs: []string{"SYS_ADMIN", "/dev/fuse"}},
		}},
	},
	Aids: []doctor.Aid{{Name: "disk", About: "5.0 GiB free"}},
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	if err := findings.Print(&out); err != nil {
		t.Fatal(err)
	}
	want := `runtime docker   no   no engine
runtime local    yes  child processes
  fault clock    no   a hook; needs SYS_PTRACE: not permitted
  fault corrupt  no   needs containers
  fault disk     yes  a layer; needs SYS_ADMIN, /dev/fuse
  fault kill     yes
  fault pause    yes  SIGSTOP
disk             yes  5.0 GiB free
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestPrintJSON(t *testing.T) {
	var out strings.Builder
	if err := findings.PrintJSON(&out); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(out.String())); err != nil {
		t.Fatal(err)
	}
	want := `{"runtimes":[{"name":"docker","works":false,"why":"no engine"},` +
		`{"name":"local","about":"child processes","works":true,"faults":[` +
		`{"fault":"clock","mechanism":"a hook","needs":["SYS_PTRACE"],"works":false,"why":"not permitted"},` +
		`{"fault":"corrupt","works":false,"why":"needs containers"},` +
		`{"fault":"disk","mechanism":"a layer","needs":["SYS_ADMIN","/dev/fuse"],"works":true},` +
		`{"fault":"kill","works":true},{"fault":"pause","mechanism":"SIGSTOP","works":true}]}],` +
		`"aids":[{"name":"disk","about":"5.0 GiB free","works":true}]}`
	if compact.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &compact, want)
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
