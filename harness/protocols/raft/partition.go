package raft

import "strings"

// mostRecords bounds the size of answers.
const mostRecords = 1000

// appendRecord answers with the record's offset.
func (o *Objects) appendRecord(c Command, _ Bug) Response {
	partition := append(o.Partitions[c.Key], c.Value)
	assign(&o.Partitions, c.Key, partition)
	return Response{OK: true, Number: len(partition) - 1}
}

// records answers with those from an offset on, up to as many as Old says.
func (o *Objects) records(c Command, _ Bug) Response { return o.recordsFrom(c.Key, c.Value, c.Old) }

func (o *Objects) recordsFrom(partition string, from, most int) Response {
	all := o.Partitions[partition]
	from = min(max(from, 0), len(all))
	to := min(from+min(max(most, 0), mostRecords), len(all))
	records := make([][2]int, 0, to-from)
	for at := from; at < to; at++ {
		records = append(records, [2]int{at, all[at]})
	}
	return Response{OK: true, Pairs: records}
}

// poll answers with the records that a group has not committed. The key is the
// partition and the group: see cutGroup.
func (o *Objects) poll(c Command, _ Bug) Response {
	partition, _ := cutGroup(c.Key)
	return o.recordsFrom(partition, o.Committed[c.Key], c.Old)
}

// commit says that a group has read the records up to an offset. It never goes back.
func (o *Objects) commit(c Command, _ Bug) Response {
	if c.Value >= o.Committed[c.Key] {
		assign(&o.Committed, c.Key, c.Value+1)
	}
	return Response{OK: true}
}

// cutGroup splits a key into the partition and the group.
func cutGroup(key string) (partition, group string) {
	partition, group, _ = strings.Cut(key, "\x00")
	return partition, group
}
