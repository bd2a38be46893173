package keyvalue

// endings is a heap with the first end on top.
type endings []ending

func (h *endings) push(e ending) {
	*h = append(*h, e)
	for i := len(*h) - 1; i > 0 && (*h)[(i-1)/2].end > (*h)[i].end; i = (i - 1) / 2 {
		(*h)[i], (*h)[(i-1)/2] = (*h)[(i-1)/2], (*h)[i]
	}
}

func (h *endings) pop() ending {
	top, last := (*h)[0], len(*h)-1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < last && (*h)[child].end < (*h)[least].end {
				least = child
			}
		}
		if least == i {
			return top
		}
		(*h)[i], (*h)[least] = (*h)[least], (*h)[i]
		i = least
	}
}
