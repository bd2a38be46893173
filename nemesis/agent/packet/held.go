package packet

import "net/netip"

// held is a packet that waits for its moment.
type held struct {
	at int64
	// turn keeps packets of the same moment in their order.
	turn uint64
	from netip.Addr
	// id is the kernel's number for the packet, which it keeps. A copy has none.
	id   uint32
	copy bool
	// payload are the bytes that arrive in place of those that the kernel has;
	// nil leaves them as they are.
	payload []byte
}

// schedule is a heap of packets by the moments at which they arrive.
type schedule []held

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	return s[i].at < s[j].at || s[i].at == s[j].at && s[i].turn < s[j].turn
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(held)) }
func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	(*s)[last] = held{} // lets go of the payload
	*s = (*s)[:last]
	return x
}
