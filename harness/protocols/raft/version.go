package raft

import (
	"cmp"
	"slices"
	"strings"
)

// watchWindow is how many changes are kept for watchers with the bug WatchWindow.
const watchWindow = 8

// Version is what a key holds, and which revision of the whole map left it.
type Version struct {
	Value    int `json:"value"`
	Revision int `json:"revision"`
}

// Change is what a watcher is told.
type Change struct {
	Key      string `json:"key"`
	Value    int    `json:"value"`
	Revision int    `json:"revision"`
	Deleted  bool   `json:"deleted"`
}

// put answers with the key's new version.
func (o *Objects) put(c Command, _ Bug) Response {
	o.Revision++
	assign(&o.Versions, c.Key, Version{c.Value, o.Revision})
	o.Changes = append(o.Changes, Change{Key: c.Key, Value: c.Value, Revision: o.Revision})
	return Response{OK: true, Swapped: true, Number: o.Revision}
}

// putIf puts if the key has version Old, where 0 is that of one that is not there.
func (o *Objects) putIf(c Command, bug Bug) Response {
	if o.Versions[c.Key].Revision != c.Old {
		return Response{OK: true}
	}
	return o.put(c, bug)
}

func (o *Objects) delete(c Command, _ Bug) Response {
	if _, there := o.Versions[c.Key]; !there {
		return Response{OK: true}
	}
	o.Revision++
	delete(o.Versions, c.Key)
	o.Changes = append(o.Changes, Change{Key: c.Key, Revision: o.Revision, Deleted: true})
	return Response{OK: true, Number: o.Revision}
}

func (o *Objects) get(c Command, _ Bug) Response {
	v, there := o.Versions[c.Key]
	return Response{OK: true, Found: there, Value: v.Value, Number: v.Revision}
}

// changes answers with those of keys with a prefix after the revision Value, and with
// the revision up to which they are known here.
func (o *Objects) changes(c Command, bug Bug) Response {
	kept := o.Changes
	if bug == WatchWindow && len(kept) > watchWindow {
		kept = kept[len(kept)-watchWindow:]
	}
	told := []Change{}
	from, _ := slices.BinarySearchFunc(kept, c.Value+1, func(change Change, revision int) int { return cmp.Compare(change.Revision, revision) })
	for _, change := range kept[from:] {
		if strings.HasPrefix(change.Key, c.Key) {
			told = append(told, change)
		}
	}
	return Response{OK: true, Number: max(o.Revision, c.Value), Changes: told}
}
