package raft

import "fmt"

// Objects are the replicated state of everything that one function after another was
// added for: messages, logs, locks, ledgers, counters, identifiers, and keys with
// versions. Its maps are made when they are needed.
type Objects struct {
	// Ticks is what time it is: see ticks.go.
	Ticks int `json:"ticks,omitempty"`

	Mailboxes   map[string]*Mailbox `json:"mailboxes,omitempty"`
	HandOuts    int                 `json:"hand_outs,omitempty"`
	Partitions  map[string][]int    `json:"partitions,omitempty"`
	Committed   map[string]int      `json:"committed,omitempty"`
	Locks       map[string]Hold     `json:"locks,omitempty"`
	Tokens      int                 `json:"tokens,omitempty"`
	Bookings    [][2]int            `json:"bookings,omitempty"`
	Charged     map[int]bool        `json:"charged,omitempty"`
	Recent      []int               `json:"recent,omitempty"`
	Counters    map[string]int      `json:"counters,omitempty"`
	Identifiers int                 `json:"identifiers,omitempty"`
	Versions    map[string]Version  `json:"versions,omitempty"`
	Changes     []Change            `json:"changes,omitempty"`
	Revision    int                 `json:"revision,omitempty"`
}

// function is something that clients can ask of the objects.
type function struct {
	// needsValue, needsOld and needsNew say which arguments it takes.
	needsValue, needsOld, needsNew bool
	// reads says that it changes nothing, and local that the node answers it from
	// what it has, however old. early says that its answer is known beforehand.
	reads, local, early bool
	do                  func(o *Objects, c Command, bug Bug) Response
}

// functions are all, by the names that clients use.
var functions = map[string]function{
	"publish":     {needsValue: true, early: true, do: (*Objects).publish},
	"take":        {do: (*Objects).take},
	"acknowledge": {needsValue: true, early: true, do: (*Objects).acknowledge},

	"append":  {needsValue: true, do: (*Objects).appendRecord},
	"records": {needsValue: true, needsOld: true, reads: true, do: (*Objects).records},
	"poll":    {needsOld: true, reads: true, do: (*Objects).poll},
	"commit":  {needsValue: true, do: (*Objects).commit},

	"acquire": {needsValue: true, needsOld: true, do: (*Objects).acquire},
	"release": {needsValue: true, do: (*Objects).release},

	"charge":         {needsValue: true, needsNew: true, do: (*Objects).charge},
	"charge-blindly": {needsValue: true, needsNew: true, do: (*Objects).chargeBlindly},
	"bookings":       {reads: true, do: (*Objects).bookings},

	"increment": {needsValue: true, do: (*Objects).increment},
	"count":     {reads: true, do: (*Objects).count},
	generate:    {do: (*Objects).generate},

	"put":     {needsValue: true, do: (*Objects).put},
	"put-if":  {needsValue: true, needsOld: true, do: (*Objects).putIf},
	"delete":  {do: (*Objects).delete},
	"get":     {reads: true, do: (*Objects).get},
	"changes": {needsValue: true, reads: true, local: true, do: (*Objects).changes},

	// The following two are a leader's only.
	tick:    {do: (*Objects).tick},
	reserve: {needsValue: true, do: (*Objects).reserve},
}

// inner are functions that clients cannot ask for.
func inner(f string) bool { return f == tick || f == reserve }

// asked reads a client's request for one of the functions.
func (a argument) asked() (Command, error) {
	f, known := functions[a.F]
	if !known || inner(a.F) {
		return Command{}, fmt.Errorf("unknown function %q", a.F)
	}
	c := Command{F: a.F, Key: a.Key}
	for _, argument := range []struct {
		needed   bool
		name     string
		from, to *int
	}{{f.needsValue, "value", a.Value, &c.Value}, {f.needsOld, "old", a.Old, &c.Old}, {f.needsNew, "new", a.New, &c.New}} {
		switch {
		case !argument.needed:
		case argument.from == nil:
			return c, fmt.Errorf("%s needs %s", a.F, argument.name)
		default:
			*argument.to = *argument.from
		}
	}
	return c, nil
}

// assign sets an entry of a map that may not have been made.
func assign[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = make(map[K]V)
	}
	(*m)[key] = value
}
