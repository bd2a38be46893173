package nemesis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
)

func TestEveryFamilyHasItsTurnInTheFirstPart(t *testing.T) {
	spec, err := Parse("partition,kill,pause,process,clock,packets,corrupt")
	if err != nil {
		t.Fatal(err)
	}
	timing := Timing{Duration: 20 * time.Second, Hold: 3 * time.Second, Quiet: 2 * time.Second, Fixed: true}
	for seed := range int64(50) {
		met := map[string]bool{}
		at := time.Duration(0)
		for _, s := range spec.Plan(seed, []string{"n1", "n2", "n3"}, timing) {
			if at += s.Quiet + s.Hold; at <= timing.Duration*2/3 {
				for _, f := range s.Faults {
					met[f.Family] = true
				}
			}
		}
		if len(met) != len(spec.Families) {
			t.Errorf("seed %d: %d of %d families in the first part: %v", seed, len(met), len(spec.Families), met)
		}
	}
}

func TestHoldsAreShortenedOnlyWhereTheyMustBe(t *testing.T) {
	long := Timing{Duration: time.Minute, Hold: 3 * time.Second, Quiet: time.Second}
	if got := long.fit(3); got != long {
		t.Errorf("%+v", got)
	}
	if got := long.fit(18); got.Hold+got.Quiet != 2*time.Second || got.Hold != 1500*time.Millisecond {
		t.Errorf("%+v", got)
	}
}

func TestOverlapsAndFixedIntervals(t *testing.T) {
	spec, _ := Parse("partition,pause,clock")
	for overlap, want := range map[Overlap]func(double, of int) bool{
		Never:     func(double, _ int) bool { return double == 0 },
		Sometimes: func(double, of int) bool { return double > 0 && double < of },
		Always:    func(double, of int) bool { return double == of },
	} {
		timing := Timing{Duration: 5 * time.Minute, Hold: 2 * time.Second, Quiet: time.Second, Fixed: true, Overlap: overlap}
		double, steps := 0, spec.Plan(1, []string{"n1", "n2", "n3"}, timing)
		for _, s := range steps {
			if s.Hold != timing.Hold || s.Quiet != timing.Quiet {
				t.Errorf("a step of %s after %s", s.Hold, s.Quiet)
			}
			if len(s.Faults) == 2 {
				double++
			}
		}
		if !want(double, len(steps)) {
			t.Errorf("overlap %d: %d of %d steps with two faults", overlap, double, len(steps))
		}
	}
}

func TestEverythingIsWhatIsSupportedAndBearable(t *testing.T) {
	can := cluster.Capabilities{
		cluster.CanKill: nil, cluster.CanStop: nil, cluster.CanPartition: nil, cluster.CanCorrupt: nil, cluster.CanTamper: nil,
		cluster.CanDelay: nil, cluster.CanPause: errors.New("not here"),
	}
	spec, err := Parse("all,most=2")
	if err != nil || spec.String() != "all,most=2" || !spec.Needs(cluster.CanDisk) {
		t.Fatalf("%s, %v", spec, err)
	}
	want := "partition,kill,process:crash-loop+rolling+stop,packets:delay+jitter,most=2"
	if got := spec.Fit(can); got.String() != want || got.Supports(can) != nil {
		t.Errorf("%s, want %s", got, want)
	}
	asked, _ := Parse("all,corrupt,kill:leader")
	if got := asked.Fit(can).String(); got != "corrupt,kill:leader,partition,process:crash-loop+rolling+stop,packets:delay+jitter" {
		t.Errorf("%s", got)
	}
	for _, text := range []string{"most=0", "most=x", "kill,most="} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), "write most=1") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestATurnThatNeverCameIsMissed(t *testing.T) {
	b := newBench("n1", "n2", "n3")
	late := step(planned("kill", "one"), planned("partition", "one"))
	late.Quiet = time.Hour
	n := New(Config{Cluster: b, Recorder: recorder(t), Steps: []Step{step(planned("pause", "one")), late, late}})
	ctx, cancel := contextUntil(t, n, history.Heal)
	defer cancel()
	n.Run(ctx)
	h := n.config.Recorder.Snapshot()
	want := "inject pause ok; heal pause ok; missed info; missed info"
	if got := strings.Join(outcomes(h), "; "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if text := h.Ops[5].Error; !strings.HasPrefix(text, "kill was asked for") {
		t.Error(text)
	}
}

// A family that had its turn stands back if there is no time for it and for those that
// have not.
func TestWhatHadItsTurnStandsBack(t *testing.T) {
	again, first := step(planned("pause", "one")), step(planned("kill", "one"))
	again.Hold, first.Hold = time.Hour, 40*time.Minute
	for _, c := range []struct {
		left  time.Duration
		steps []Step
		want  string
	}{
		{time.Hour, []Step{again, first}, "inject kill ok; heal kill ok"},
		{time.Hour, []Step{again, again, first, first}, "inject kill ok; heal kill ok"},
		{2 * time.Hour, []Step{again, first, first}, "inject pause ok; heal pause ok; missed info"},
		{30 * time.Minute, []Step{again, again}, "inject pause ok; heal pause ok"},
	} {
		n := New(Config{Cluster: newBench("n1", "n2", "n3"), Recorder: recorder(t), Steps: c.steps})
		n.tried["pause"] = true
		ctx, cancel := contextUntil(t, n, history.Inject)
		ctx, end := context.WithTimeout(ctx, c.left)
		n.Run(ctx)
		end()
		cancel()
		if got := strings.Join(outcomes(n.config.Recorder.Snapshot()), "; "); got != c.want {
			t.Errorf("%s left: %s, want %s", c.left, got, c.want)
		}
	}
}

// contextUntil ends a while after the nemesis has begun to do something.
func contextUntil(t *testing.T, n *Nemesis, f string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			for _, op := range n.config.Recorder.Snapshot().Ops {
				if op.F == f && op.Type != history.Invoke {
					return
				}
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return ctx, cancel
}
