package client

import "slices"

// DataType is a data type by the name of its interface in package workloads, with its
// operations in words.
type DataType struct {
	Name, About string
	Operations  []Operation
}

// Operation is one operation in words: what stands in a call's value and what in its
// answer, for people. A dash is nothing.
type Operation struct {
	F, Key, Value, Answer string
	// Conditional says that it may end as a mismatch.
	Conditional bool
	// Optional says that the data type is offered without it too.
	Optional bool
	// Reads says that it changes nothing, whatever becomes of it.
	Reads bool
	// Example is a value that makes sense for it, as JSON.
	Example string
}

func (t DataType) needs() []string {
	var names []string
	for _, o := range t.Operations {
		if !o.Optional {
			names = append(names, o.F)
		}
	}
	return names
}

// DataTypes are all that can be offered.
func DataTypes() []DataType {
	return []DataType{
		{"Register", "registers that hold integers", []Operation{
			{F: "read", Reads: true, Key: "register", Answer: "integer, or null if it was never written"},
			{F: "write", Key: "register", Value: "integer", Example: "3"},
			{F: "cas", Key: "register", Value: "[old, new]", Conditional: true, Optional: true, Example: "[3,4]"},
		}},
		{"Queue", "first-in, first-out queues", []Operation{
			{F: "send", Key: "queue", Value: "integer", Example: "5"},
			{F: "receive", Key: "queue", Answer: "integer, or null if the queue was empty"},
		}},
		{"Set", "sets that only grow", []Operation{
			{F: "add", Key: "set", Value: "integer", Example: "6"},
			{F: "elements", Reads: true, Key: "set", Answer: "[integer, ...]"},
		}},
		{"ListTransactions", "transactions on lists", []Operation{
			{F: "txn-lists", Value: `[["append", key, integer], ["r", key, null], ...]`, Answer: "the same, with a list, or null for none, in each read",
				Example: `[["append","x",1],["r","x",null]]`},
		}},
		{"RegisterTransactions", "transactions on registers", []Operation{
			{F: "txn-registers", Value: `[["w", key, integer], ["r", key, null], ...]`, Answer: "the same, with an integer, or null for none, in each read",
				Example: `[["w","x",1],["r","x",null]]`},
		}},
		{"Bank", "accounts between which money is moved", []Operation{
			{F: "open", Value: "[accounts, balance]: make accounts 0, 1, ... unless they are there", Example: "[3,10]"},
			{F: "transfer", Value: "[from, to, amount]", Conditional: true, Example: "[0,1,5]"},
			{F: "balances", Reads: true, Answer: "[[account, balance], ...]"},
		}},
		{"Versions", "keys with growing versions", []Operation{
			{F: "get", Reads: true, Key: "key", Answer: "[integer, version], or null if it is not there"},
			{F: "put", Key: "key", Value: "integer", Answer: "version", Example: "7"},
			{F: "put-if", Key: "key", Value: "[integer, version that it must have; 0 for not there]", Answer: "version", Conditional: true, Example: "[8,1]"},
			{F: "delete", Key: "key", Answer: "version of the deletion, or 0 if it was not there"},
		}},
		{"Messages", "queues whose messages are acknowledged", []Operation{
			{F: "publish", Key: "queue", Value: "integer", Example: "9"},
			{F: "take", Key: "queue", Answer: "[integer, ticket, redelivered], or null for nothing; the ticket is a string"},
			{F: "acknowledge", Key: "queue", Value: "ticket", Example: `"1"`},
		}},
		{"Log", "partitions of records with offsets", []Operation{
			{F: "append", Key: "partition", Value: "integer", Answer: "offset", Example: "10"},
			{F: "records", Reads: true, Key: "partition", Value: "[first offset, most]", Answer: "[[offset, integer], ...]", Example: "[0,100]"},
		}},
		{"ConsumerGroup", "groups that read a log together", []Operation{
			{F: "poll", Reads: true, Key: "partition", Value: "[group, most]", Answer: "[[offset, integer], ...] that the group has not committed", Example: `["g",100]`},
			{F: "commit", Key: "partition", Value: "[group, offset that was read last]", Example: `["g",0]`},
		}},
		{"Lock", "locks that one client holds", []Operation{
			{F: "acquire", Key: "lock", Answer: "fencing token, or 0 for none", Conditional: true},
			{F: "release", Key: "lock", Conditional: true},
		}},
		{"Lease", "locks whose holds end by themselves", []Operation{
			{F: "acquire-for", Key: "lock", Value: "milliseconds", Answer: "fencing token, or 0 for none", Conditional: true, Example: "1000"},
			{F: "release", Key: "lock", Conditional: true},
		}},
		{"Counter", "counters", []Operation{
			{F: "increment", Key: "counter", Value: "by how much", Example: "1"},
			{F: "count", Reads: true, Key: "counter", Answer: "integer"},
		}},
		{"Identifiers", "identifiers, no two alike", []Operation{
			{F: "generate", Answer: "integer"},
		}},
		{"Watch", "news of changes", []Operation{
			{F: "changes", Reads: true, Key: "prefix", Value: "version after which", Answer: "[version up to which, [[key, integer or null if deleted, version], ...]]", Example: "0"},
		}},
		{"Leadership", "who leads", []Operation{
			{F: "leads", Reads: true, Answer: "[whether this node leads, term; 0 for none]"},
		}},
		{"Echo", "answers with what was asked", []Operation{
			{F: "echo", Reads: true, Value: "integer", Answer: "the same integer", Example: "11"},
		}},
		{"Ledger", "orders that are charged once", []Operation{
			{F: "charge", Value: "[order, amount]", Example: "[1,20]"},
			{F: "entries", Reads: true, Answer: "[[order, amount], ...]"},
		}},
	}
}

// Find is the operation of a name.
func Find(f string) (Operation, bool) {
	for _, t := range DataTypes() {
		if i := slices.IndexFunc(t.Operations, func(o Operation) bool { return o.F == f }); i >= 0 {
			return t.Operations[i], true
		}
	}
	return Operation{}, false
}

// Names are those of all operations, each once.
func Names() []string {
	var names []string
	for _, t := range DataTypes() {
		for _, o := range t.Operations {
			if !slices.Contains(names, o.F) {
				names = append(names, o.F)
			}
		}
	}
	return names
}
