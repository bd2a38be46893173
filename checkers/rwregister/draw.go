package rwregister

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/rwregister/internal/order"
	"github.com/assaykit/assay/checkers/rwregister/internal/registers"
)

// kinds are the names of steps in the field.
var kinds = map[order.Edge]string{
	order.Read: "wr", order.Overwritten: "ww", order.Missed: "rw", order.Session: "session", order.Clock: "realtime",
}

// draw notes the steps of a circle for a picture of it, whose names are those of the
// text only if the text names each transaction of the circle in turn.
func (s *story) draw(steps []order.Step) {
	var cycle []checkers.Dependency
	for n, step := range steps {
		if step.From == registers.Initial || s.of(step.From) != fmt.Sprint("T", n+1) {
			return
		}
		cycle = append(cycle, s.dependency(step.From, step.To, kinds[step.Kind], s.why(step)))
	}
	s.cycle = cycle
}

// why says a step of a circle in a few words; the text has the whole.
func (s *story) why(step order.Step) string {
	name := ""
	if step.Key >= 0 {
		name = s.h.KeyName(step.Key)
	}
	switch step.Kind {
	case order.Read:
		return fmt.Sprintf("%s read %s of %q", s.of(step.To), s.version(step.From, step.Key), name)
	case order.Overwritten:
		return fmt.Sprintf("%s of %q is older than %s", s.version(step.From, step.Key), name, s.version(step.To, step.Key))
	case order.Missed:
		from, _ := s.h.Txns[step.From].ReadsFrom(step.Key)
		return fmt.Sprintf("%s read %s of %q, which is older than %s", s.of(step.From), s.version(from, step.Key), name, s.version(step.To, step.Key))
	case order.Session:
		return fmt.Sprintf("%s came before %s in their session", s.of(step.From), s.of(step.To))
	}
	return fmt.Sprintf("%s was done before %s was invoked", s.of(step.From), s.of(step.To))
}

// drawSame notes that each of two that built upon the same version missed what the
// other one wrote.
func (s *story) drawSame(a, b int32, r registers.Read) {
	if s.of(a) != "T1" || s.of(b) != "T2" {
		return
	}
	missed := func(one, other int32) checkers.Dependency {
		why := fmt.Sprintf("%s read %s of %q and wrote %s, without having seen %s", s.of(one), s.version(r.From, r.Key), s.h.KeyName(r.Key), s.value(one, r.Key), s.version(other, r.Key))
		return s.dependency(one, other, "rw", why)
	}
	s.cycle = []checkers.Dependency{missed(a, b), missed(b, a)}
}

func (s *story) dependency(from, to int32, kind, why string) checkers.Dependency {
	return checkers.Dependency{From: s.invocation(s.h.Txns[from].Number), To: s.invocation(s.h.Txns[to].Number), Kind: kind, Why: why}
}
