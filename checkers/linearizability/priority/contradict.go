package priority

import (
	"slices"

	"github.com/assaykit/assay/checkers/linearizability/internal/collection"
)

// mostAsked is after how many values a contradiction is made of everything.
const mostAsked = 100

// contradict finds the values because of which the answer to a question is no:
// those that were there all the time, and, where they were there only because they
// could not be removed either, those that were in their way.
func (s *sieve) contradict(no question) *collection.Contradiction {
	c := &collection.Contradiction{Anomaly: collection.WrongEmpty, Culprit: no.empty}
	late := s.tooLate(no.to)
	if no.life != none {
		c.Anomaly, c.Culprit = collection.Reordered, s.lives[no.life].Remove
		c.Lives = append(c.Lives, s.lives[no.life])
		if late < no.to {
			c.Anomaly = collection.Lost
		}
	}
	if late < no.to {
		c.Lives = append(c.Lives, s.tooMany(no)...)
		no.to = late
	}
	asked := map[int]int{}
	for open := []question{no}; len(open) > 0; open = open[1:] {
		if q := open[0]; q.from < q.to && asked[q.life] < q.to {
			asked[q.life] = q.to
			open = append(open, s.inTheWay(c, q)...)
		}
		if len(asked) > mostAsked {
			c.Lives = slices.Concat(c.Lives, s.lives, s.staying)
			return c
		}
	}
	return c
}

// tooMany are the first values that stay, as many as are too many.
func (s *sieve) tooMany(no question) []collection.Life {
	able, _ := slices.BinarySearch(s.blind, no.to)
	var lives []collection.Life
	for _, life := range s.staying {
		if s.passes(life, no) && len(lives) <= able {
			lives = append(lives, life)
		}
	}
	return lives
}

// passes says that a value goes through the sieve before the one that a question is
// about.
func (s *sieve) passes(life collection.Life, q question) bool {
	return q.life == none || s.number(life.Value) < s.number(s.lives[q.life].Value)
}

// inTheWay adds to a contradiction the smallest number of values that were there all
// the time of a question, and returns why they were.
func (s *sieve) inTheWay(c *collection.Contradiction, q question) (why []question) {
	var there []collection.Life
	places := map[int32]int{}
	for i := 0; i < len(s.lives) && s.passes(s.lives[i], q); i++ {
		life := s.lives[i]
		if life.AddEnd >= q.to || s.removed[i] <= q.from {
			continue
		}
		places[life.Add] = i
		life.RemoveStart = s.removed[i]
		there = append(there, life)
	}
	for _, life := range s.staying {
		if len(s.blind) == 0 && s.passes(life, q) {
			there = append(there, life)
		}
	}
	chain := collection.Chain(there, q.from, q.to)
	for n, life := range chain {
		i, removed := places[life.Add]
		if !removed {
			c.Lives = append(c.Lives, life)
			continue
		}
		c.Lives = append(c.Lives, s.lives[i])
		until := q.to
		if n+1 < len(chain) {
			until = chain[n+1].AddEnd
		}
		why = append(why, question{from: earliest(&s.lives[i]), to: until, life: i})
	}
	return why
}
