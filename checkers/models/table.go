package models

import (
	"fmt"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/appendlist"
	"github.com/assaykit/assay/checkers/bank"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/identifiers"
	"github.com/assaykit/assay/checkers/ledger"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/counter"
	"github.com/assaykit/assay/checkers/linearizability/elements"
	"github.com/assaykit/assay/checkers/linearizability/keyvalue"
	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/checkers/linearizability/object"
	"github.com/assaykit/assay/checkers/linearizability/priority"
	"github.com/assaykit/assay/checkers/linearizability/queue"
	"github.com/assaykit/assay/checkers/linearizability/stack"
	"github.com/assaykit/assay/checkers/log"
	"github.com/assaykit/assay/checkers/sequential"
	"github.com/assaykit/assay/checkers/session"
	"github.com/assaykit/assay/checkers/set"
	"github.com/assaykit/assay/checkers/spectrum"
)

// All are the models there are.
func All() []Model {
	var all []Model
	for _, group := range [][]Model{registerModels(), objectModels(), lockModels(), messagingModels(), coordinationModels(), accountModels(), transactionModels(), anomalyModels()} {
		all = append(all, group...)
	}
	return all
}

// registerModels judge registers by promises of different strength.
func registerModels() []Model {
	of := func(name, about string, judge func(Options, int) (checkers.Checker, error), settings ...Setting) Model {
		return Model{
			Name: name, About: about,
			Settings:  append([]Setting{failedCompareAndSet, sessionClients}, settings...),
			names:     map[string]string{"r": "read", "w": "write", "compare-and-set": "cas", "compare-and-swap": "cas"},
			translate: registers,
			timed:     func(o Options) bool { return o.of(maxAge) != "" },
			New: func(o Options) (checkers.Checker, error) {
				clients, err := o.number(sessionClients)
				if err != nil {
					return nil, err
				}
				return judge(o, clients)
			},
		}
	}
	return []Model{
		of("register", "linearizable registers: read, write, cas of [old new], add; not found before the first write; says what they are if not linearizable",
			func(_ Options, clients int) (checkers.Checker, error) {
				return spectrum.New(linearizability.Register(), spectrum.Options{Clients: clients}), nil
			}),
		of("sequential", "the same registers, all keys in one order that each session agrees with",
			func(_ Options, clients int) (checkers.Checker, error) {
				return sequential.New(sequential.Options{Clients: clients}), nil
			}),
		of("causal", "the same registers, causally consistent: the session guarantees across keys",
			func(_ Options, clients int) (checkers.Checker, error) {
				return session.NewCausal(session.Options{Clients: clients}), nil
			}),
		of("session", "the same registers, with the four session guarantees for each key",
			func(_ Options, clients int) (checkers.Checker, error) {
				return session.New(session.Options{Clients: clients}), nil
			}),
		of("staleness", "the same registers, with a bound on how old what is read may be",
			func(o Options, _ int) (checkers.Checker, error) { return newStaleness(o) }, maxAge, maxVersions),
	}
}

// objectModels judge other linearizable objects.
func objectModels() []Model {
	return []Model{
		{
			Name: "counter", About: "linearizable counters: add, add-and-get, read",
			names: map[string]string{"increment": "add", "inc": "add"},
			New:   func(Options) (checkers.Checker, error) { return counter.New(), nil },
		},
		{
			Name: "set", About: "grow-only sets: add of an element, and read of all elements",
			names: map[string]string{"insert": "add", "broadcast": "add"},
			New:   func(Options) (checkers.Checker, error) { return set.New(), nil },
		},
		{
			Name: "list", About: "grow-only lists: append of an element, and read of all elements in their order",
			New: func(Options) (checkers.Checker, error) { return appendlist.New(), nil },
		},
		linearizable("elements", "linearizable sets, element by element: add, remove, contains", elements.Type(), map[string]string{"insert": "add", "delete": "remove"}),
		linearizable("map", "linearizable keys with versions: put, put-if, get, delete", keyvalue.Versions(), nil),
		linearizable("revisions", "a linearizable map with one revision for all keys, as etcd's: put, put-if, get, delete", keyvalue.Revisions(), nil),
		linearizable("strings", "linearizable keys that hold strings, empty at first: put, append, get", keyvalue.Strings(), nil),
		linearizable("fifo", "linearizable queues: send, and receive of the first message or null", queue.Type(), map[string]string{"enqueue": "send", "dequeue": "receive"}),
		linearizable("stack", "linearizable stacks: push, and pop of the last value or null", stack.Type(), nil),
		linearizable("priority-queue", "linearizable priority queues: insert, and take-min of the smallest value or null", priority.Type(), nil),
		{
			Name: "identifiers", About: "unique identifiers: generate",
			Settings: []Setting{identifierOrder},
			New:      newIdentifiers,
		},
	}
}

// lockModels judge locks of all kinds.
func lockModels() []Model {
	return []Model{
		linearizable("mutex", "locks that one owner holds at a time: acquire, release", lock.Mutex(), map[string]string{"lock": "acquire", "unlock": "release"}),
		{
			Name: "semaphore", About: "semaphores: acquire and release of a permit",
			Settings: []Setting{permits},
			New:      newSemaphore,
		},
		{
			Name: "lease", About: "locks that are held for a time: acquire is answered with [milliseconds], release",
			Settings: []Setting{leaseSkew},
			New:      newLease,
			timed:    func(Options) bool { return true },
		},
		linearizable("fencing-tokens", "tokens of a lock, which grow: acquire is answered with the token", lock.Tokens(), nil),
	}
}

// messagingModels judge whether messages are delivered.
func messagingModels() []Model {
	return []Model{
		{
			Name: "queue", About: "queues: send, and receive of a message or null, ack; of other tools also enqueue, dequeue and drain",
			Settings:  []Setting{deliveryProfile, deliveryOrder, deliveryDrain},
			names:     map[string]string{"enqueue": "send", "dequeue": "receive"},
			translate: queues,
			New:       newQueue,
		},
		{
			Name: "log", About: "partitioned logs: send, poll of [offset value] records, assign, subscribe, seek, commit",
			Settings: []Setting{deliveryProfile, logOrder},
			New:      newLog,
		},
	}
}

// accountModels judge whether money is kept and moved once.
func accountModels() []Model {
	return []Model{
		{
			Name: "bank", About: "accounts whose total never changes: transfer of [from to amount], and read of all balances",
			Settings: []Setting{bankTotal, bankNegative, bankReads},
			New:      newBank,
		},
		{
			Name: "ledger", About: "orders that are charged once however often they are tried: charge of [order amount], and read of all entries",
			names: map[string]string{"statement": "read"},
			New:   func(Options) (checkers.Checker, error) { return ledger.New(), nil },
		},
	}
}

// linearizable is the model of a data type.
func linearizable(name, about string, of object.Type, names map[string]string) Model {
	return Model{
		Name: name, About: about, names: names,
		New: func(Options) (checkers.Checker, error) { return linearizability.New(of), nil },
	}
}

func newQueue(o Options) (checkers.Checker, error) {
	profile, err := delivery.ParseProfile(o.of(deliveryProfile))
	if err != nil {
		return nil, err
	}
	switch order := o.of(deliveryOrder); order {
	case fifo:
		return delivery.New(profile), nil
	case perProducer:
		return delivery.New(profile, delivery.PerProducer()), nil
	case perConsumer:
		return delivery.New(profile, delivery.PerConsumer()), nil
	case unordered:
		return delivery.New(profile, delivery.Unordered()), nil
	default:
		return nil, fmt.Errorf("no order is called %q", order)
	}
}

func newLog(o Options) (checkers.Checker, error) {
	profile, err := delivery.ParseProfile(o.of(deliveryProfile))
	if err != nil {
		return nil, err
	}
	if o.of(logOrder) == unordered {
		return log.New(profile, log.Unordered()), nil
	}
	return log.New(profile), nil
}

func newIdentifiers(o Options) (checkers.Checker, error) {
	for order, name := range identifierOrders {
		if o.of(identifierOrder) == name {
			return identifiers.New(identifiers.Order(order)), nil
		}
	}
	return nil, fmt.Errorf("no order is called %q", o.of(identifierOrder))
}

func newBank(o Options) (checkers.Checker, error) {
	c := bank.Config{ForbidNegative: o.of(bankNegative) == forbidden, Stale: o.of(bankReads) != current}
	if o.of(bankTotal) != "" {
		total, err := o.number(bankTotal)
		if err != nil {
			return nil, err
		}
		c.Total = &total
	}
	return bank.New(c), nil
}
