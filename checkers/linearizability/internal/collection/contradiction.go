package collection

import "slices"

// Contradiction is a few operations of a history that have no order by themselves,
// and without whose others there would still be none.
type Contradiction struct {
	Anomaly string
	// Culprit is the place of the removal that could not be, or None.
	Culprit int32
	// Lives are values that stand in its way, or in each other's.
	Lives []Life
	// Others are further operations: blind removals, which are too few, or those on
	// the culprit's value.
	Others []int32
}

// Places are those of all operations.
func (c *Contradiction) Places() []int {
	var places []int
	add := func(i int32) {
		if i != None {
			places = append(places, int(i))
		}
	}
	add(c.Culprit)
	for _, life := range c.Lives {
		add(life.Add)
		add(life.Remove)
	}
	for _, i := range c.Others {
		add(i)
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// addBlind adds the blind removals that may have to do with a contradiction: if a
// value in it stays, those invoked before the last removal in it was done. Without
// them, the contradiction might be one because of that.
func (l *Lives) addBlind(c *Contradiction) {
	last, stays := -1, false
	if c.Culprit != None {
		last = l.End(c.Culprit)
	}
	for i := range c.Lives {
		life := &c.Lives[i]
		stays = stays || life.Stays()
		if !life.Stays() && !l.ops[life.Remove].Maybe {
			last = max(last, life.RemoveEnd)
		}
	}
	for _, i := range l.Blind {
		if stays && l.Start(i) < last {
			c.Others = append(c.Others, i)
		}
	}
}
