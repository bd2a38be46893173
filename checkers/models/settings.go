package models

import (
	"fmt"
	"strconv"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/lease"
	"github.com/assaykit/assay/checkers/linearizability"
	"github.com/assaykit/assay/checkers/linearizability/lock"
	"github.com/assaykit/assay/checkers/staleness"
)

const (
	forbidden = "forbidden"
	current   = "current"
)

var (
	sessionClients = Setting{
		Key: "clients", Default: "0",
		About: "how many clients there were, each of which goes on under a new process number after an unknown outcome; 0 makes each process a session of its own",
	}
	maxAge      = Setting{Key: "max-age", About: "by how much a read may be out of date, as in 500ms"}
	maxVersions = Setting{Key: "max-versions", Default: "0", About: "by how many writes a read may be behind; 0 is not asked for"}
	permits     = Setting{Key: "permits", Default: "1", About: "how many permits a semaphore has"}
	leaseSkew   = Setting{Key: "skew", Default: "0s", About: "by how much the clocks of the system and of the history may differ over one lease"}
	logOrder    = Setting{
		Key: "order", Default: perProducer, About: "which records keep their order",
		Choices: []Choice{
			{perProducer, "what one producer sent to a partition"},
			{unordered, "records may come in any order"},
		},
	}
	identifierOrder = Setting{
		Key: "order", Default: identifierOrders[0], About: "which identifiers grow",
		Choices: []Choice{
			{identifierOrders[0], "none have to"},
			{identifierOrders[1], "those that one process is given"},
			{identifierOrders[2], "each is greater than all that were given out before"},
		},
	}
	bankTotal    = Setting{Key: "total", About: "what all accounts hold together; otherwise what most reads add up to"}
	bankNegative = Setting{
		Key: "negative", Default: "allowed", About: "whether accounts may be overdrawn",
		Choices: []Choice{{"allowed", "they may"}, {forbidden, "they may not"}},
	}
)

// bankReads says what a read of all accounts shows.
var bankReads = Setting{
	Key: "reads", Default: "any", About: "what a read of all accounts shows",
	Choices: []Choice{{"any", "some state, perhaps an old one: only the total counts"}, {current, "what all transfers have come to that were acknowledged before it"}},
}

// identifierOrders are the names of identifiers.Order.
var identifierOrders = []string{unordered, "per-process", "real-time"}

// number is a setting that is a whole number.
func (o Options) number(s Setting) (int, error) {
	n, err := strconv.Atoi(o.of(s))
	if err != nil || n < 0 {
		return 0, fmt.Errorf("setting %s is %q, not a whole number", s.Key, o.of(s))
	}
	return n, nil
}

// duration is a setting that is a time; 0 if it is empty.
func (o Options) duration(s Setting) (time.Duration, error) {
	if o.of(s) == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(o.of(s))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("setting %s is %q, not a time such as 500ms", s.Key, o.of(s))
	}
	return d, nil
}

func newStaleness(o Options) (checkers.Checker, error) {
	age, err := o.duration(maxAge)
	if err != nil {
		return nil, err
	}
	versions, err := o.number(maxVersions)
	if err != nil {
		return nil, err
	}
	return staleness.New(staleness.Options{MaxAge: age, MaxVersions: versions}), nil
}

func newSemaphore(o Options) (checkers.Checker, error) {
	n, err := o.number(permits)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fmt.Errorf("setting %s is 0: a semaphore has at least one", permits.Key)
	}
	return linearizability.New(lock.Semaphore(n)), nil
}

func newLease(o Options) (checkers.Checker, error) {
	skew, err := o.duration(leaseSkew)
	if err != nil {
		return nil, err
	}
	return lease.New(skew), nil
}
