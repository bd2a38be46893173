package raft

import (
	"errors"
	"testing"
	"time"
)

const ms = time.Millisecond

// revealing are trials in which clients see that a bug is there, most of them
// with the first seed.
func revealing() map[Bug]trial {
	moving := storm{[]fault{isolateLeader}, 400 * ms, 10 * ms}
	busy := load{kind: stores, think: 2 * ms}
	return map[Bug]trial{
		StaleReads:         {storm: moving},
		FollowerReads:      {storm: storm{[]fault{isolateOne}, time.Second, 300 * ms}},
		EarlyAck:           {storm: moving},
		ForgetVote:         {load: load{kind: oneSet, clients: 12, think: 5 * ms}, storm: storm{[]fault{kill(all)}, 100 * ms, 500 * ms}},
		CommitPreviousTerm: {load: load{keys: 3, perKey: 60}, storm: moving, length: 20 * time.Second},
		NoMajority:         {storm: moving},
		DoubleApply:        {load: load{kind: oneQueue}, storm: storm{[]fault{deafOne}, 600 * ms, 300 * ms}},
		LostDequeue:        {load: load{kind: oneQueue}, storm: storm{[]fault{deafOne}, 600 * ms, 300 * ms}},
		Redeliver:          {load: load{kind: oneQueue}, storm: moving},
		LeaseByWallClock: {load: load{clients: 30, think: 300 * ms, keys: 4, perKey: 300},
			storm: storm{[]fault{pause(leaderOnly)}, 500 * ms, 300 * ms}},
		ReadCommittedTransactions: {load: busy},
		SnapshotTransactions:      {load: busy},
		FracturedTransactions:     {load: busy},
		ParallelSnapshots:         {load: busy},
	}
}

// TestEveryBugIsSeen also runs the correct protocol in the same trial.
func TestEveryBugIsSeen(t *testing.T) {
	for _, m := range Mistakes() {
		try, simulated := revealing()[m.Bug]
		if !simulated {
			if m.Bug != NoFsync && m.Bug != NoChecksum && !objectBugs[m.Bug] {
				t.Errorf("%s: no trial for a bug of the protocol", m.Bug)
			}
			continue
		}
		t.Run(string(m.Bug), func(t *testing.T) {
			t.Parallel()
			try.blind = true
			if out := try.run(0); out.broken != nil {
				t.Fatalf("without the bug, seed 0: %v", out.broken)
			}
			try.config.Bug = m.Bug
			const tries = 10
			for seed := range uint64(tries) {
				if out := try.run(seed); out.broken != nil && !errors.Is(out.broken, errUndecided) {
					t.Logf("seed %d: %v", seed, out.broken)
					return
				}
			}
			t.Errorf("not seen with %d seeds", tries)
		})
	}
}

// TestALeaseDependsOnItsClock: where no clock jumps, the lease stands a partition.
func TestALeaseDependsOnItsClock(t *testing.T) {
	for _, try := range []struct {
		name   string
		strike fault
		bug    Bug
		breaks bool
	}{
		{"no bug, clock set back", isolateLeaderInThePast, "", false},
		{"bug, clock right", isolateLeader, LeaseByWallClock, false},
		{"bug, clock set back", isolateLeaderInThePast, LeaseByWallClock, true},
	} {
		t.Run(try.name, func(t *testing.T) {
			t.Parallel()
			simulated := trial{load: load{clients: 15}, storm: storm{[]fault{try.strike}, time.Second, 300 * ms}, blind: true}
			simulated.config.Bug = try.bug
			for seed := range uint64(3) {
				if out := simulated.run(seed); (out.broken != nil) != try.breaks || errors.Is(out.broken, errUndecided) {
					t.Errorf("seed %d: %v", seed, out.broken)
				}
			}
		})
	}
}

func TestMistakesAreExplained(t *testing.T) {
	seen := make(map[Bug]bool)
	for _, m := range Mistakes() {
		if seen[m.Bug] {
			t.Errorf("%s is there twice", m.Bug)
		}
		seen[m.Bug] = true
		if m.Bug == "" || m.About == "" || m.Seen == "" || m.Workload == "" || m.Nemesis == "" {
			t.Errorf("%+v: something is missing", m)
		}
	}
}
