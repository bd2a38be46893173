package registers

import "slices"

// Part is the history of some of the transactions, which come in order, and without
// Initial. What they read from others is left out: if the whole history has an order,
// then so has a part of it.
func (h *History) Part(txns []int32) *History {
	part := &History{All: h.All, Txns: []Txn{h.Txns[Initial]}}
	of, keys := map[int32]int32{Initial: Initial}, map[int32]int32{}
	for n, t := range txns {
		of[t] = int32(n + 1)
	}
	key := func(k int32) int32 {
		at, known := keys[k]
		if !known {
			at = int32(part.Keys)
			keys[k] = at
			part.Keys++
			if h.names != nil {
				k = h.names[k]
			}
			part.names = append(part.names, k)
		}
		return at
	}
	chains := map[int32]int32{}
	for _, t := range txns {
		part.Txns = append(part.Txns, h.Txns[t].part(h, of, key))
		txn := &part.Txns[len(part.Txns)-1]
		if _, known := chains[txn.Chain]; !known {
			chains[txn.Chain] = int32(len(chains))
		}
		txn.Chain = chains[txn.Chain]
	}
	part.Sessions, part.Chains = h.Sessions, len(chains)
	return part
}

func (t Txn) part(h *History, of map[int32]int32, key func(int32) int32) Txn {
	whole := t
	t.Reads, t.Writes, t.Unsure = nil, append([]int32(nil), t.Writes...), append([]int32(nil), t.Unsure...)
	for _, r := range whole.Reads {
		if from, in := of[r.From]; in {
			t.Reads = append(t.Reads, Read{Key: key(r.Key), From: from, Op: r.Op})
			continue
		}
		last, _ := whole.ReadsFrom(r.Key)
		if _, in := of[last]; !in {
			t.Unsure = append(t.Unsure, r.Key)
		}
	}
	for n := range t.Writes {
		t.Writes[n] = key(t.Writes[n])
	}
	slices.Sort(t.Writes)
	for n := range t.Unsure {
		t.Unsure[n] = key(t.Unsure[n])
	}
	for {
		if after, in := of[t.After]; in {
			t.After = after
			return t
		}
		t.After = h.Txns[t.After].After
	}
}
