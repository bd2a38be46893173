package raft

import "slices"

// mostRecent is how many orders are remembered with the bug ShortMemory.
const mostRecent = 8

// charge books an order, Value, with its amount, New, unless it was booked before.
func (o *Objects) charge(c Command, bug Bug) Response {
	known := o.Charged[c.Value]
	if bug == ShortMemory {
		known = slices.Contains(o.Recent, c.Value)
	}
	if known {
		return Response{OK: true}
	}
	assign(&o.Charged, c.Value, true)
	if o.Recent = append(o.Recent, c.Value); len(o.Recent) > mostRecent {
		o.Recent = o.Recent[1:]
	}
	return o.chargeBlindly(c, bug)
}

func (o *Objects) chargeBlindly(c Command, _ Bug) Response {
	o.Bookings = append(o.Bookings, [2]int{c.Value, c.New})
	return Response{OK: true}
}

func (o *Objects) bookings(Command, Bug) Response {
	return Response{OK: true, Pairs: append([][2]int{}, o.Bookings...)}
}
