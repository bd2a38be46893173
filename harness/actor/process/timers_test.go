package process

import (
	"testing"
	"time"
)

func TestTimers(t *testing.T) {
	set := func(name string, at time.Duration) func(*timers) { return func(t *timers) { t.set(name, at) } }
	cancel := func(name string) func(*timers) { return func(t *timers) { t.cancel(name) } }
	cases := []struct {
		name  string
		steps []func(*timers)
		now   time.Duration
		due   []string
	}{
		{"none", nil, 10, nil},
		{"in order of time", []func(*timers){set("b", 2), set("a", 3), set("c", 1)}, 10, []string{"c", "b", "a"}},
		{"equal times by name", []func(*timers){set("b", 2), set("a", 2)}, 2, []string{"a", "b"}},
		{"not yet", []func(*timers){set("a", 11), set("b", 10)}, 10, []string{"b"}},
		{"set anew to later", []func(*timers){set("a", 1), set("b", 2), set("a", 11)}, 10, []string{"b"}},
		{"set anew to earlier", []func(*timers){set("a", 11), set("b", 12), set("b", 5)}, 10, []string{"b"}},
		{"cancelled", []func(*timers){set("a", 1), set("b", 2), cancel("a")}, 10, []string{"b"}},
		{"cancelled twice and set again", []func(*timers){set("a", 1), cancel("a"), cancel("a"), set("a", 2)}, 10, []string{"a"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			timers := newTimers()
			for _, step := range c.steps {
				step(&timers)
			}
			var due []string
			for name, ok := timers.due(c.now); ok; name, ok = timers.due(c.now) {
				due = append(due, name)
			}
			expect(t, "due", due, c.due, same)
		})
	}
}
