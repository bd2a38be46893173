package doctor_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/assaykit/assay/cmd/assay/internal/doctor"
	"github.com/assaykit/assay/harness/cluster"
)

func TestNetworkOnlyIsOneLine(t *testing.T) {
	no := errors.New("no")
	aid := doctor.NetworkOnly(cluster.Capabilities{cluster.CanPartition: nil, cluster.CanDelay: nil, cluster.CanClock: no}, nil)
	want := "an agent beside each node with NET_ADMIN and nothing else: delay, partition; but not: clock"
	if aid.Err != nil || aid.About != want {
		t.Errorf("got %+v, want %s", aid, want)
	}
	for _, broken := range []doctor.Aid{
		doctor.NetworkOnly(nil, errors.New("cannot be started")),
		doctor.NetworkOnly(cluster.Capabilities{cluster.CanPartition: errors.New("cannot be started")}, nil),
	} {
		if broken.Err == nil || !strings.Contains(broken.Err.Error(), "cannot be started") {
			t.Errorf("got %+v", broken)
		}
	}
}
