package cluster

import (
	"testing"
	"time"
)

func TestShapesAddUp(t *testing.T) {
	a := Shape{Delay: 10, Jitter: 1, Loss: 0.5, Noise: 0.1, Rate: 1000, Queue: 1, Reorder: 0.2, Behind: 3}
	b := Shape{Delay: 5, Jitter: 2, Loss: 0.5, Duplicate: 0.3, Rate: 500, Queue: 2, Behind: 1, Tamper: Replacement{"x", "y"}}
	want := Shape{
		Delay: 15, Jitter: 3, Loss: 0.75, Noise: 0.1, Duplicate: 0.3, Rate: 500, Queue: 2,
		Reorder: 0.2, Behind: 3, Tamper: Replacement{"x", "y"},
	}
	if got := a.Plus(b); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := b.Plus(a); got != want {
		t.Errorf("the other way round: %+v", got)
	}
	if got := a.Plus(Shape{}); got != a {
		t.Errorf("with nothing: %+v", got)
	}
}

func TestLinksOfRulesAreAllOfThem(t *testing.T) {
	links := []Link{{"n1", "n2"}, {"n2", "n3"}, {"n3", "n4"}, {"n4", "n5"}, {"n5", "n1"}}
	r := Rules{
		Drop: map[Link]bool{links[0]: true}, Reject: map[Link]bool{links[1]: true}, DropNew: map[Link]bool{links[2]: true},
		Corrupt: map[Link]float64{links[3]: 0.1}, Shape: map[Link]Shape{links[4]: {Delay: time.Second}},
	}
	copied := r.Clone()
	clear(r.Drop)
	if got := copied.Links(); len(got) != len(links) {
		t.Errorf("%v", got)
	}
	if !copied.Cuts(links[0]) || !copied.Cuts(links[1]) || copied.Cuts(links[2]) || copied.Cuts(links[4]) {
		t.Error("a link is cut if nothing passes")
	}
	for _, l := range (Rules{}).Links() {
		t.Errorf("no rules are about %v", l)
	}
}
