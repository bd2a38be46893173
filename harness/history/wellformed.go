package history

import "fmt"

// WellFormed returns nil if the history is one that a recorder can have written,
// otherwise an error that names the first line that cannot be: checkers would
// draw wrong conclusions from it.
func (h *History) WellFormed() error {
	s := scan{open: map[thread]int{}, ended: map[int]int{}}
	for i := range h.Ops {
		if err := s.next(h.Ops, i); err != nil {
			return fmt.Errorf("history is not well-formed: op %d (line %d): %w", i, i+1, err)
		}
	}
	return nil
}

// thread does one thing at a time: a process, the nemesis with one fault, or its reading
// of clocks.
type thread struct {
	process, fault int
	clocks         bool
}

type scan struct {
	open map[thread]int
	// ended are processes whose last op was Info, and that op.
	ended map[int]int
}

func (s *scan) next(ops []Op, i int) error {
	op := &ops[i]
	switch {
	case op.Index != i:
		return fmt.Errorf("its index is %d", op.Index)
	case i > 0 && op.Time < ops[i-1].Time:
		return fmt.Errorf("its time %v is before that of the op before it, %v", op.Time, ops[i-1].Time)
	case op.Type > Info:
		return fmt.Errorf("its type is none of invoke, ok, fail, info")
	case op.Type == Invoke:
		return s.invoke(ops, i)
	}
	return s.complete(ops, i)
}

func (s *scan) invoke(ops []Op, i int) error {
	op := &ops[i]
	if before, is := s.open[op.thread()]; is {
		return fmt.Errorf("%s invokes %s while its %s (op %d) is still open", op.who(), op.F, ops[before].F, before)
	}
	if before, is := s.ended[op.Process]; is {
		return fmt.Errorf("%s acts again after its %s (op %d) ended as info", op.who(), ops[before].F, before)
	}
	s.open[op.thread()] = i
	return nil
}

func (s *scan) complete(ops []Op, i int) error {
	op := &ops[i]
	before, is := s.open[op.thread()]
	if !is {
		return fmt.Errorf("%s completes %s, which it never invoked", op.who(), op.F)
	}
	if inv := &ops[before]; inv.F != op.F || inv.Key != op.Key {
		return fmt.Errorf("%s completes %s on %q, but invoked %s on %q (op %d)", op.who(), op.F, op.Key, inv.F, inv.Key, before)
	}
	delete(s.open, op.thread())
	if op.Type == Info && op.Process != Nemesis {
		s.ended[op.Process] = i
	}
	return nil
}

func (o *Op) thread() thread {
	switch {
	case o.Process == Nemesis && o.Fault != nil:
		return thread{process: o.Process, fault: o.Fault.ID}
	case o.Process == Nemesis && o.F == Clocks:
		return thread{process: o.Process, clocks: true}
	}
	return thread{process: o.Process}
}

func (o *Op) who() string {
	if o.Process == Nemesis {
		return "the nemesis"
	}
	return fmt.Sprintf("process %d", o.Process)
}
