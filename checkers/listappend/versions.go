package listappend

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/assaykit/assay/checkers/isolation/transactions"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/history/transaction"
)

const none = int32(-1)

// appended is an element of a list, and who appended it.
type appended struct {
	txn, key int32
	element  int
	// op is the place of the append among all micro-operations.
	op int32
	// place is its place in the list, from 0, or none if nobody read it.
	place int32
	// last says that its transaction appended no more to the list.
	last bool
}

// list is what is known of a list: its longest version, and what came after that.
type list struct {
	// read is the place, among all micro-operations, of a read of the longest version,
	// or none, and reader the transaction that did it.
	read, reader int32
	// versions are the appends of the longest version, in order, none where nobody
	// appended the element.
	versions []int32
	// unread are the transactions that count as committed and appended what nobody
	// read. They come after the longest version, in whatever order: see order.go.
	unread []int32
	// complete are the transactions that read the longest version before they appended
	// anything themselves, and first those of unread among them.
	complete, first []int32
	// contradictory says that some reads are no beginning of the longest version: the
	// order of the versions is not known then.
	contradictory bool
}

// trace is a history of transactions on lists, with the order of their versions.
type trace struct {
	*transactions.History
	appends []appended
	// head is where the appends of each transaction begin; they are in their order.
	head []int32
	// byElement are appends of each list by element, beginning at start.
	byElement, start []int32
	lists            []list
	// strays are reads that are no beginning of the longest version.
	strays map[int32]bool
	// known is how many reads count and are known, outcomes how many transactions came
	// to what.
	known    int
	outcomes [transactions.Observed + 1]int
}

func parse(h *history.History) (*trace, error) {
	txns, err := transactions.Lists(h)
	if err != nil {
		return nil, err
	}
	t := &trace{History: txns, lists: make([]list, len(txns.Keys)), strays: map[int32]bool{}}
	t.collect()
	if err := t.index(); err != nil {
		return nil, err
	}
	t.compare()
	if t.settle() {
		t.compare() // there are reads that did not count before
	}
	t.arrange()
	for i := range t.Txns {
		t.outcomes[t.Txns[i].Outcome]++
	}
	return t, nil
}

// collect finds all appends.
func (t *trace) collect() {
	n := 0
	for i := range t.Ops {
		if t.Ops[i].Kind == transaction.Append {
			n++
		}
	}
	t.appends, t.head = make([]appended, 0, n), make([]int32, len(t.Txns)+1)
	lastBy := make([]int32, len(t.Keys)) // who appended to each list, from 1 on
	for i := range t.Txns {
		txn := &t.Txns[i]
		for at := txn.First; at < txn.Last; at++ {
			if op := &t.Ops[at]; op.Kind == transaction.Append {
				t.appends = append(t.appends, appended{txn: int32(i), key: op.Key, element: op.Value, op: at, place: none})
			}
		}
		t.head[i+1] = int32(len(t.appends))
		of := t.appends[t.head[i]:]
		for at := len(of) - 1; at >= 0; at-- {
			of[at].last = lastBy[of[at].key] != int32(i)+1
			lastBy[of[at].key] = int32(i) + 1
		}
	}
}

// index sorts the appends of each list by element. The same element may have been
// appended again only after an attempt that failed: otherwise nobody could tell whose
// element was read.
func (t *trace) index() error {
	t.start = make([]int32, len(t.Keys)+1)
	for i := range t.appends {
		t.start[t.appends[i].key+1]++
	}
	for k := range t.Keys {
		t.start[k+1] += t.start[k]
	}
	next := slices.Clone(t.start)
	t.byElement = make([]int32, len(t.appends))
	for i := range t.appends {
		k := t.appends[i].key
		t.byElement[next[k]] = int32(i)
		next[k]++
	}
	for k := range t.Keys {
		of := t.byElement[t.start[k]:t.start[k+1]]
		order := func(a, b int32) int {
			return cmp.Or(cmp.Compare(t.appends[a].element, t.appends[b].element), cmp.Compare(t.rank(a), t.rank(b)))
		}
		if !slices.IsSortedFunc(of, order) {
			slices.SortFunc(of, order)
		}
		for i := 1; i < len(of); i++ {
			if a, b := &t.appends[of[i-1]], &t.appends[of[i]]; a.element == b.element && t.Txns[b.txn].Outcome != transactions.Aborted {
				return fmt.Errorf("%d was appended to list %q twice, so nobody can tell whose it is", a.element, t.Keys[k])
			}
		}
	}
	return nil
}

// rank puts appends of aborted transactions last.
func (t *trace) rank(a int32) int {
	if t.Txns[t.appends[a].txn].Outcome == transactions.Aborted {
		return 1
	}
	return 0
}

// find is who appended an element to a list, or none.
func (t *trace) find(key int32, element int) int32 {
	of := t.byElement[t.start[key]:t.start[key+1]]
	if len(of) == 0 {
		return none
	}
	// Elements are mostly counted up without gaps.
	if at := element - t.appends[of[0]].element; at >= 0 && at < len(of) && t.appends[of[at]].element == element && (at == 0 || t.appends[of[at-1]].element != element) {
		return of[at]
	}
	at, found := slices.BinarySearchFunc(of, element, func(a int32, element int) int { return cmp.Compare(t.appends[a].element, element) })
	if !found {
		return none
	}
	return of[at]
}

// reads calls back with all reads that count and whose result is known.
func (t *trace) reads(do func(txn, read int32)) {
	for i := range t.Txns {
		txn := &t.Txns[i]
		if !txn.Outcome.Counts() {
			continue
		}
		for at := txn.First; at < txn.Last; at++ {
			if op := &t.Ops[at]; op.Kind == transaction.Read && op.Known {
				do(int32(i), at)
			}
		}
	}
}

// compare finds the longest version of each list, and the reads that are no beginning
// of it. A read of a committed version is one, for versions only grow.
func (t *trace) compare() {
	for k := range t.lists {
		t.lists[k].read, t.lists[k].contradictory = none, false
	}
	t.known = 0
	t.reads(func(txn, read int32) {
		t.known++
		if l := &t.lists[t.Ops[read].Key]; l.read == none || t.Ops[read].Value > t.Ops[l.read].Value {
			l.read, l.reader = read, txn
		}
	})
	longest := make([][]history.Value, len(t.lists))
	for k := range t.lists {
		if l := &t.lists[k]; l.read != none {
			longest[k] = t.List(&t.Txns[l.reader], l.read)
		}
	}
	clear(t.strays)
	t.reads(func(txn, read int32) {
		op := &t.Ops[read]
		if op.Value > 0 && !begins(t.List(&t.Txns[txn], read), longest[op.Key]) {
			t.strays[read] = true
			t.lists[op.Key].contradictory = true
		}
	})
}

// begins says that a list is the beginning of another one that is no shorter.
func begins(short, long []history.Value) bool {
	for i := range short {
		a, _ := short[i].Int()
		if b, _ := long[i].Int(); a != b {
			return false
		}
	}
	return true
}

// settle finds out which indeterminate transactions count as committed, and says
// whether any of these has reads of its own.
func (t *trace) settle() (more bool) {
	told := make([]bool, len(t.lists)) // those whose longest version was gone through
	t.Settle(func(i int32, observed func(int32)) {
		txn := &t.Txns[i]
		for at := txn.First; at < txn.Last; at++ {
			op := &t.Ops[at]
			if op.Kind != transaction.Read || !op.Known {
				continue
			}
			k := op.Key
			if txn.Outcome == transactions.Observed || t.strays[at] {
				more = more || txn.Outcome == transactions.Observed
				t.witness(k, t.List(txn, at), observed)
			} else if !told[k] {
				told[k] = true
				l := &t.lists[k]
				t.witness(k, t.List(&t.Txns[l.reader], l.read), observed)
			}
		}
	})
	return more
}

func (t *trace) witness(key int32, found []history.Value, observed func(int32)) {
	for _, v := range found {
		element, _ := v.Int()
		if a := t.find(key, element); a != none {
			observed(t.appends[a].txn)
		}
	}
}

// arrange puts the appends in their places.
func (t *trace) arrange() {
	for k := range t.lists {
		l := &t.lists[k]
		if l.read == none {
			continue
		}
		found := t.List(&t.Txns[l.reader], l.read)
		l.versions = make([]int32, len(found))
		for at, v := range found {
			element, _ := v.Int()
			a := t.find(int32(k), element)
			if a != none && t.appends[a].place == none {
				t.appends[a].place = int32(at)
			} else {
				a = none
			}
			l.versions[at] = a
		}
	}
	for i := range t.appends {
		a := &t.appends[i]
		if l := &t.lists[a.key]; a.place == none && t.Txns[a.txn].Outcome.Counts() && (len(l.unread) == 0 || l.unread[len(l.unread)-1] != a.txn) {
			l.unread = append(l.unread, a.txn)
		}
	}
}

// of are a transaction's appends.
func (t *trace) of(txn int32) []appended { return t.appends[t.head[txn]:t.head[txn+1]] }

// writer is the transaction that made the version that ends at a place, or none if
// it does not count.
func (t *trace) writer(l *list, place int32) int32 {
	a := l.versions[place]
	if a == none || !t.Txns[t.appends[a].txn].Outcome.Counts() {
		return none
	}
	return t.appends[a].txn
}

// observation is a read of a version by a transaction.
type observation struct {
	op, key int32
	// foreign is how many elements were there that others appended, and own how many
	// the transaction had appended itself; atEnd says that these were at the end.
	foreign, own int32
	atEnd        bool
	// of is the transaction that made the version, or none: nobody but the reader
	// itself appended, or none that counts. place is that of its last element.
	of, place int32
	// intermediate says that it appended more to the list afterwards.
	intermediate bool
	// before is the observation of the list that the transaction made before this one,
	// of all that it made, or none.
	before int32
}

// observe is what a transaction found in a read that is none of strays.
func (t *trace) observe(i, at int32) observation {
	o := observation{op: at, key: t.Ops[at].Key, atEnd: true, of: none}
	list := &t.lists[o.key]
	n := int32(t.Ops[at].Value)
	for _, a := range t.of(i) {
		if a.key == o.key && a.op < at && a.place != none && a.place < n {
			o.own++
		}
	}
	for p := n - o.own; p < n; p++ {
		o.atEnd = o.atEnd && t.writer(list, p) == i
	}
	o.foreign, o.place = n-o.own, n-1
	for o.place >= 0 && t.writer(list, o.place) == i {
		o.place--
	}
	if o.place >= 0 {
		if o.of = t.writer(list, o.place); o.of != none {
			o.intermediate = !t.appends[list.versions[o.place]].last
		}
	}
	return o
}

// missed is the place of the first version after an observation that somebody else
// made, or the length of the longest version. Whose intermediate version was read
// cannot come after the reader too: that is G1b, no more.
func (t *trace) missed(o *observation) int32 {
	but := none
	if o.intermediate {
		but = o.of
	}
	list := &t.lists[o.key]
	from := o.foreign + o.own
	for ; int(from) < len(list.versions); from++ {
		if w := t.writer(list, from); w != none && w != but {
			break
		}
	}
	return from
}

// observations are what a transaction found in all its reads but strays.
func (t *trace) observations(i int32) []observation {
	var all []observation
	for at := t.Txns[i].First; at < t.Txns[i].Last; at++ {
		if op := &t.Ops[at]; op.Kind == transaction.Read && op.Known && !t.strays[at] {
			all = append(all, t.observe(i, at))
		}
	}
	return all
}
