package workloads

import (
	"fmt"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
)

// TestAPartitionHasOneMemberInEachGroup for all small numbers of clients, groups and
// partitions, as long as a group has a member.
func TestAPartitionHasOneMemberInEachGroup(t *testing.T) {
	for workers := range 12 {
		for groups := 1; groups < 4; groups++ {
			for partitions := 1; partitions < 5; partitions++ {
				owners := map[string]int{}
				for client := range workers + 3 {
					group, own := membership(client, workers, groups, partitions)
					if client%2 == 0 && group != "" || client >= workers && group != "" {
						t.Fatalf("client %d of %d is in %s", client, workers, group)
					}
					for _, p := range own {
						owners[group+" "+p]++
					}
				}
				members := min(groups, workers/2)
				if len(owners) != members*partitions {
					t.Errorf("%d workers, %d groups, %d partitions: %v", workers, groups, partitions, owners)
				}
				for owner, n := range owners {
					if n != 1 {
						t.Errorf("%d workers, %d groups: %d clients read %s", workers, groups, n, owner)
					}
				}
			}
		}
	}
}

func TestGroupsAreJudgedOneByOne(t *testing.T) {
	// Client 1 commits for its group what client 3, of another group or the same one,
	// is given later.
	h := &history.History{}
	do := func(process int, f, key string, in, out history.Value, final bool) {
		for _, op := range []history.Op{{Type: history.Invoke, Value: in}, {Type: history.OK, Value: out}} {
			op.Index, op.Process, op.F, op.Key, op.Final = len(h.Ops), process, f, key, final
			h.Ops = append(h.Ops, op)
		}
	}
	record := history.List(history.Ints(0, 7))
	do(0, "send", "p0", history.Int(7), history.Ints(0, 7), false)
	for _, process := range []int{1, 3} {
		do(process, "subscribe", "", history.List(history.String("p0")), history.Value{}, false)
		do(process, "poll", "p0", history.Value{}, record, false)
		do(process, "commit", "p0", history.Int(1), history.Int(1), false)
	}
	do(0, "poll", "p0", history.Value{}, record, true)
	do(0, "poll", "p0", history.Value{}, history.List(), true)
	for groups, want := range map[int]checkers.Validity{1: checkers.Invalid, 2: checkers.Valid} {
		settings := map[string]string{"groups": fmt.Sprint(groups), "profile": "exactly-once"}
		checker, err := NewLog().Checker(Config{Settings: settings, Clients: 4})
		if err != nil {
			t.Fatal(err)
		}
		v, err := checker.Check(t.Context(), h)
		if err != nil || v.Validity != want {
			t.Errorf("%d groups: %s, want %s: %s (%v)", groups, v.Validity, want, v.Reason, err)
		}
	}
}
