package keyed

import (
	"encoding/json"
	"fmt"
)

// record is one line of a node's durable log: the incarnation that began, or what an
// object persisted.
type record struct {
	Incarnation uint64 `json:"incarnation,omitempty"`
	Key         string `json:"key,omitempty"`
	Body        []byte `json:"body,omitempty"`
}

func (r record) encode() []byte {
	line, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("a record does not encode: %v", err))
	}
	return line
}

// object is what was persisted of one.
type object struct {
	key     string
	records [][]byte
}

// sort tells the last incarnation, and the records by object, in the order in which
// the objects came up.
func sort(durable [][]byte) (incarnation uint64, objects []object) {
	places := make(map[string]int)
	for _, line := range durable {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			panic(fmt.Sprintf("a record of our own does not decode: %v", err))
		}
		if r.Incarnation > 0 {
			incarnation = r.Incarnation
			continue
		}
		place, known := places[r.Key]
		if !known {
			place = len(objects)
			places[r.Key] = place
			objects = append(objects, object{key: r.Key})
		}
		objects[place].records = append(objects[place].records, r.Body)
	}
	return incarnation, objects
}
