package log

// places are the places of numbers in a list: of offsets and of values, which are
// mostly small, so that a list of them takes less time and room than a map.
type places struct {
	small []int32 // one more than the place, or 0
	large map[int]int32
	n     int
}

func (p *places) of(number int) (at int32, known bool) {
	if number >= 0 && number < len(p.small) && p.small[number] > 0 {
		return p.small[number] - 1, true
	}
	if len(p.large) == 0 {
		return 0, false
	}
	at, known = p.large[number]
	return at, known
}

// add gives a number the next place. Of the list at least an eighth is in use.
func (p *places) add(number int) (at int32) {
	at = int32(p.n)
	p.n++
	if number < 0 || number > 1000+8*p.n {
		if p.large == nil {
			p.large = map[int]int32{}
		}
		p.large[number] = at
		return at
	}
	if more := number + 1 - len(p.small); more > 0 {
		p.small = append(p.small, make([]int32, more)...)
	}
	p.small[number] = at + 1
	return at
}
