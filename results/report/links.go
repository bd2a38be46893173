package report

import (
	"slices"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

// link is what one call of a scene has to do with a later one; both are given by
// their invocation indexes.
type link struct {
	from, to int
	kind     linkKind
}

type linkKind string

const (
	// wasRead: the later one got the very value that the earlier one left.
	wasRead linkKind = "read"
	// wasMissed: it got something else, although the earlier one was over. It is
	// drawn between culprits only, which have been found to contradict each other.
	wasMissed linkKind = "missed"
	// again: both were given one message.
	again linkKind = "again"
	// held: a lock was acquired, and then released.
	held linkKind = "held"
)

// link fills in how the calls of a scene hang together. A value that several calls
// of the run may have left gets no arrow: which one it was is not known.
func (s *scene) link(calls []history.Call, f checkers.Finding) {
	makers := makersOf(calls, s.calls)
	for _, c := range s.calls {
		if s.role[c.Invoke] == neighbour {
			continue
		}
		if from, ok := makers.of(c); ok && s.has(from) {
			s.links = append(s.links, link{from.Invoke, c.Invoke, wasRead})
		}
		if to, ok := s.release(c); ok {
			s.links = append(s.links, link{c.Invoke, to.Invoke, held})
		}
	}
	s.links = append(s.links, s.contradiction(f)...)
}

// contradiction is what the culprits have to do with each other, where that can be
// told from two of them.
func (s *scene) contradiction(f checkers.Finding) []link {
	culprits := lookUp(s.calls, f.Culprits)
	if len(culprits) != 2 || len(f.Cycle) > 0 {
		return nil
	}
	slices.SortFunc(culprits, func(a, b history.Call) int { return a.Invoke - b.Invoke })
	first, second := culprits[0], culprits[1]
	switch {
	case first.Key != second.Key || first.End > second.Start:
		return nil
	case taken(first) && taken(second) && first.Out.Equal(second.Out):
		return []link{{first.Invoke, second.Invoke, again}}
	case missed(first, second):
		return []link{{first.Invoke, second.Invoke, wasMissed}}
	}
	return nil
}

// taken says whether a call was given a message.
func taken(c history.Call) bool {
	return c.F == "receive" && c.Type == history.OK && !c.Out.IsNil()
}

// missed says whether a call that looked does not show what one before had left.
func missed(first, second history.Call) bool {
	left, ok := leaves(first)
	if !ok || first.Type != history.OK || second.Type != history.OK {
		return false
	}
	if items, listed := second.Out.Items(); listed && second.F == "read" {
		return !slices.ContainsFunc(items, left.Equal)
	}
	found, ok := finds(second)
	return ok && !found.Equal(left)
}

// release is the call by which a process gave up the lock that it had acquired.
func (s *scene) release(c history.Call) (history.Call, bool) {
	if c.F != "acquire" || c.Type != history.OK {
		return history.Call{}, false
	}
	at := slices.IndexFunc(s.calls, func(o history.Call) bool {
		return o.F == "release" && o.Process == c.Process && o.Key == c.Key && o.Invoke > c.Invoke
	})
	if at < 0 {
		return history.Call{}, false
	}
	return s.calls[at], true
}

// leaves is the value that a call leaves behind, if it is one value and the call can
// have had an effect.
func leaves(c history.Call) (history.Value, bool) {
	if c.Type == history.Fail || c.F == transaction.F {
		return history.Value{}, false
	}
	switch c.F {
	case "write", "put", "send", "add":
		return c.In, single(c.In)
	case "cas":
		if pair, ok := c.In.Items(); ok && len(pair) == 2 {
			return pair[1], single(pair[1])
		}
	}
	return history.Value{}, false
}

// finds is the value that a call came upon, if it is one value; nothing is one too.
func finds(c history.Call) (history.Value, bool) {
	if c.Type != history.OK {
		return history.Value{}, false
	}
	switch c.F {
	case "read", "get", "receive":
		return c.Out, c.In.IsNil() && (c.Out.IsNil() || single(c.Out))
	case "cas":
		if pair, ok := c.In.Items(); ok && len(pair) == 2 {
			return pair[0], single(pair[0])
		}
	}
	return history.Value{}, false
}

func single(v history.Value) bool {
	return v.Kind() == history.KindInt || v.Kind() == history.KindString
}

// thing is a value under a key.
type thing struct{ key, value string }

// makers are the calls that left the values that some calls came upon; a value that
// several left has none.
type makers map[thing]*history.Call

// makersOf looks at the whole run for who left what these calls found.
func makersOf(calls, finders []history.Call) makers {
	all, keys := makers{}, map[string]bool{}
	for _, c := range finders {
		if v, ok := finds(c); ok && !v.IsNil() {
			all[thing{c.Key, v.String()}], keys[c.Key] = nil, true
		}
	}
	several := map[thing]bool{}
	for i, c := range calls {
		v, ok := leaves(c)
		if !ok || !keys[c.Key] {
			continue
		}
		what := thing{c.Key, v.String()}
		if before, wanted := all[what]; wanted {
			several[what] = several[what] || before != nil
			all[what] = &calls[i]
		}
	}
	for what := range several {
		if several[what] {
			delete(all, what)
		}
	}
	return all
}

// of is who left what a call found, if that was one call that had begun by then.
func (m makers) of(c history.Call) (history.Call, bool) {
	v, ok := finds(c)
	if !ok || v.IsNil() {
		return history.Call{}, false
	}
	from := m[thing{c.Key, v.String()}]
	if from == nil || from.Start > c.End || from.Invoke == c.Invoke {
		return history.Call{}, false
	}
	return *from, true
}
