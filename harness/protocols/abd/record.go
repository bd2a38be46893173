package abd

import (
	"encoding/json"
	"fmt"
)

// A node's durable log holds the copies that it has had; the last one counts.

func encode(c Copy) []byte {
	record, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("a copy does not encode: %v", err))
	}
	return record
}

func decode(record []byte) (c Copy) {
	if err := json.Unmarshal(record, &c); err != nil {
		panic(fmt.Sprintf("a record of our own does not decode: %v", err))
	}
	return c
}
