package virtual_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/clock"
	"github.com/assaykit/assay/harness/sim/virtual"
)

// story collects what happens, with the time.
type story struct {
	time  *virtual.Time
	lines []string
}

func (s *story) tell(what string) {
	s.lines = append(s.lines, fmt.Sprint(s.time.Elapsed(), " ", what))
}

func (s *story) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.lines, want) {
		t.Errorf("it went\n%q, not\n%q", s.lines, want)
	}
}

func begin() (*story, context.Context) {
	s := &story{time: virtual.New()}
	return s, clock.With(context.Background(), s.time)
}

func TestTasksTakeTurns(t *testing.T) {
	s, ctx := begin()
	err := s.time.Run(func() {
		g := clock.NewGroup(ctx)
		for i := range 3 {
			g.Go(func() {
				clock.Sleep(ctx, time.Duration(3-i)*time.Second)
				s.tell(fmt.Sprint("task ", i))
			})
		}
		s.tell("began")
		g.Wait()
		s.tell("ended")
	})
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t, "0s began", "1s task 2", "2s task 1", "3s task 0", "3s ended")
}

func TestContextsEndInVirtualTime(t *testing.T) {
	s, ctx := begin()
	err := s.time.Run(func() {
		long, cancel := clock.WithTimeout(ctx, time.Hour)
		defer cancel()
		short, cancelShort := clock.WithTimeout(long, time.Minute)
		defer cancelShort()
		apart := context.WithoutCancel(short)
		s.tell(fmt.Sprint(clock.Sleep(short, 2*time.Minute), " ", short.Err()))
		s.tell(fmt.Sprint(clock.Sleep(apart, 2*time.Minute), " ", long.Err()))
		g := clock.NewGroup(ctx)
		g.Go(func() { s.tell(fmt.Sprint(clock.Sleep(long, time.Hour), " ", long.Err())) })
		s.tell(fmt.Sprint(g.WaitFor(short)))
		clock.Sleep(ctx, time.Second)
		cancel()
		g.Wait()
	})
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t, "1m0s false context deadline exceeded", "3m0s true <nil>", "3m0s false", "3m1s false context canceled")
}

func TestDerivedContextsEnd(t *testing.T) {
	s, ctx := begin()
	err := s.time.Run(func() {
		outer, cancel := clock.WithTimeout(ctx, time.Second)
		defer cancel()
		clock.Sleep(ctx, 2*time.Second)
		select {
		case <-outer.Done():
		default:
			t.Error("the channel of a context that has ended is open")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTimeStandsStill(t *testing.T) {
	s, ctx := begin()
	err := s.time.Run(func() {
		defer s.tell("unwound")
		s.time.NewWaiter().Wait(ctx)
	})
	if !errors.Is(err, virtual.ErrStandstill) {
		t.Errorf("it ended with %v", err)
	}
	s.expect(t, "0s unwound")
}

func TestTasksThatNobodyWaitsForAreEnded(t *testing.T) {
	s, ctx := begin()
	err := s.time.Run(func() {
		g := clock.NewGroup(ctx)
		g.Go(func() {
			defer s.tell("unwound")
			for clock.Sleep(ctx, time.Minute) {
			}
		})
		clock.Sleep(ctx, time.Second)
		g.Go(func() { t.Error("began after the end") })
	})
	if err != nil {
		t.Fatal(err)
	}
	s.expect(t, "1s unwound")
}

func TestAPanicIsThatOfRun(t *testing.T) {
	s, ctx := begin()
	defer func() {
		if recover() != "broken" {
			t.Error("the panic of a task was lost")
		}
	}()
	_ = s.time.Run(func() {
		g := clock.NewGroup(ctx)
		g.Go(func() { panic("broken") })
		g.Wait()
	})
}
