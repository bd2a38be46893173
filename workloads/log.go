package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	logchecker "github.com/assaykit/assay/checkers/log"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations on logs.
const (
	sendLog      = "send"
	pollLog      = "poll"
	commitLog    = "commit"
	seekLog      = "seek"
	assignLog    = "assign"
	subscribeLog = "subscribe"
)

var (
	logPartitions = number{key: "partitions", otherwise: 2, low: 1, high: 1000,
		about: "how many partitions are in use"}
	logGroups = number{key: "groups", otherwise: 1, low: 0, high: 100,
		about: "in how many groups every second client consumes, if the target has groups; the others consume by themselves"}
	logSends = number{key: "send-share", otherwise: 45, low: 1, high: 90,
		about: "how many of a hundred operations send"}
	logSeeks = number{key: "seek-share", otherwise: 1, low: 0, high: 50,
		about: "how many of a hundred operations make a client go back and read again"}
	logBatch = number{key: "batch", otherwise: 50, low: 1, high: 10_000,
		about: "how many records are polled at most"}
	logProfile = cluster.Setting{
		Key: "profile", Default: "at-least-once", About: "what the system promises about each record", Choices: queueProfile.Choices,
	}
	logOrder = cluster.Setting{
		Key: "order", Default: "per-producer", About: "which records keep their order",
		Choices: []cluster.Choice{
			{Value: "per-producer", About: "what one producer sent to a partition"},
			{Value: "none", About: "records may come in any order"},
		},
	}
)

type log struct{}

// NewLog appends records to partitions and reads them, by clients of their own and,
// where the target has them, by groups that commit how far they are and go on there
// after a crash. It demands that no record is lost, moved or made up, and that no
// consumer is led past one.
//
// Operations are those of package checkers/log. Of a group's partitions each
// belongs to one client.
func NewLog() Workload { return log{} }

func (log) Name() string { return "log" }

func (log) About() string {
	return "append to partitions and read them, alone and in groups; no record may be lost, moved, made up or passed over"
}

func (log) Settings() []cluster.Setting {
	return []cluster.Setting{
		logProfile, logOrder, logPartitions.setting(), logGroups.setting(), logSends.setting(), logSeeks.setting(), logBatch.setting(),
	}
}

func (log) Supports(c cluster.Client) error {
	_, err := asLog(c)
	return err
}

func asLog(c cluster.Client) (Log, error) {
	return as[Log](c, "log", "a log that can be appended to and read")
}

func asGroup(c cluster.Client) (ConsumerGroup, error) {
	return as[ConsumerGroup](c, "log", "groups of consumers")
}

func (w log) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	g := &records{random: generator.Random(cfg.Seed, "log"), partitions: s.number(logPartitions)}
	sending, seeks := s.number(logSends), s.number(logSeeks)
	s.number(logGroups)
	s.number(logBatch)
	if _, err := w.Checker(cfg); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	others := max(0, 100-sending-seeks)
	return generator.Mix(g.random,
		generator.Weighted{Weight: sending, Of: generator.Forever(g.send)},
		generator.Weighted{Weight: seeks, Of: generator.Forever(g.seek)},
		generator.Weighted{Weight: others - others/3, Of: generator.Forever(g.wishing(pollLog))},
		generator.Weighted{Weight: others / 3, Of: generator.Forever(g.wishing(commitLog))},
	), nil
}

// records makes operations on partitions.
type records struct {
	random     *rand.Rand
	partitions int
	last       int
}

func partition(i int) string { return fmt.Sprint("p", i) }

func (g *records) partition() string { return partition(g.random.IntN(g.partitions)) }

func (g *records) send() history.Op {
	g.last++
	return history.Op{F: sendLog, Key: g.partition(), Value: history.Int(g.last)}
}

// seek goes to so many hundredths of where the client is.
func (g *records) seek() history.Op {
	return history.Op{F: seekLog, Key: g.partition(), Value: history.Int(g.random.IntN(100))}
}

func (g *records) wishing(f string) func() history.Op {
	return func() history.Op { return history.Op{F: f, Key: g.partition()} }
}

// Final leaves the group, and reads every partition from its beginning to its end.
func (log) Final(_ Config, sofar *history.History, _ int) generator.Generator {
	all := []generator.Generator{}
	for _, key := range lastKeys(sofar, logPartitions.high) {
		if key == "" { // of a subscription
			continue
		}
		d := &reading{partition: key, left: drainLimit(countOf(sofar, sendLog, key))}
		all = append(all, generator.Ops(history.Op{F: seekLog, Key: key, Value: history.Int(0), Final: true}), generator.Func(d.next))
	}
	if len(all) > 0 {
		all = append([]generator.Generator{generator.Ops(history.Op{F: assignLog, Final: true})}, all...)
	}
	return generator.Sequence(all...)
}

// reading polls a partition until nothing comes any more.
type reading struct {
	partition    string
	left, failed int
}

func (d *reading) next(done *history.Op) (op history.Op, ok bool) {
	switch {
	case done == nil:
	case done.Type != history.OK:
		d.failed++
	default:
		d.failed = 0
		if records, _ := done.Value.Items(); len(records) == 0 {
			d.left = 0
		}
	}
	if d.left <= 0 || d.failed >= patience {
		return op, false
	}
	d.left--
	return history.Op{F: pollLog, Key: d.partition, Final: true}, true
}

func (log) Remember(cfg Config, prototype cluster.Client, client int) Memory {
	s := chosen{cfg: cfg}
	r := &reader{batch: s.number(logBatch), next: map[string]int64{}, polled: map[string]int64{}}
	if _, err := asGroup(prototype); err == nil {
		r.group, r.own = membership(client, cfg.Workers, s.number(logGroups), s.number(logPartitions))
	}
	return r
}

// membership is a client's group, with its partitions in it; none if it consumes by
// itself. Every second client is in a group, and they take turns at the groups.
func membership(client, workers, groups, partitions int) (group string, own []string) {
	if groups == 0 || client%2 == 0 || client >= workers {
		return "", nil
	}
	number, place := client/2%groups, client/2/groups
	members := (workers/2 - number + groups - 1) / groups
	for i := place; i < partitions; i += members {
		own = append(own, partition(i))
	}
	if len(own) == 0 {
		return "", nil
	}
	return fmt.Sprint("group", number), own
}

// reader is the memory of a client that reads partitions, by itself or for a group.
type reader struct {
	batch int
	// next is, by partition, the offset from which the client goes on by itself. It
	// outlives connections.
	next map[string]int64
	// group is empty if it consumes by itself. own are its partitions otherwise, and
	// polled the last offsets in them that it has not committed.
	group      string
	own        []string
	polled     map[string]int64
	subscribed bool
}

func (r *reader) Disconnected() {
	r.subscribed = false
	clear(r.polled)
}

func (r *reader) Next(_ context.Context, wish history.Op) Step {
	if wish.Final { // it leaves its group
		r.group = ""
	}
	if r.group != "" && wish.F != sendLog {
		return r.member(wish)
	}
	switch wish.F {
	case seekLog:
		hundredths, _ := wish.Value.Int()
		to := r.next[wish.Key] / 100 * int64(hundredths)
		wish.Value = history.Int(int(to))
		return Step{Op: wish, Call: local(wish.Value, func() { r.next[wish.Key] = to })}
	case commitLog, pollLog:
		wish.F = pollLog
		return Step{Op: wish, Call: r.poll(wish)}
	}
	return Step{Op: wish, Call: plain(log{}, wish)}
}

// member is the step of a member of a group.
func (r *reader) member(wish history.Op) Step {
	if !r.subscribed {
		items := make([]history.Value, len(r.own))
		for i, p := range r.own {
			items[i] = history.String(p)
		}
		op := history.Op{F: subscribeLog, Value: history.List(items...)}
		return Step{Op: op, Call: local(op.Value, func() { r.subscribed = true })}
	}
	wish.Key, wish.Value = r.ownInPlaceOf(wish.Key), history.Value{}
	if last, some := r.polled[wish.Key]; some && wish.F == commitLog {
		delete(r.polled, wish.Key)
		wish.Value = history.Int(int(last) + 1)
		return Step{Op: wish, Call: r.commit(wish, last)}
	}
	wish.F = pollLog
	return Step{Op: wish, Call: r.pollGroup(wish)}
}

// ownInPlaceOf is a partition of the client's own, another one for another name.
func (r *reader) ownInPlaceOf(partition string) string {
	sum := 0
	for _, letter := range partition {
		sum += int(letter)
	}
	return r.own[sum%len(r.own)]
}

func (r *reader) poll(op history.Op) Call {
	from := r.next[op.Key]
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, err := asLog(c)
		if err != nil {
			return history.Value{}, nil, err
		}
		records, err := client.Records(ctx, op.Key, from, r.batch)
		if err != nil {
			return history.Value{}, nil, err
		}
		return recordsValue(records), func() {
			if len(records) > 0 {
				r.next[op.Key] = records[len(records)-1].Offset + 1
			}
		}, nil
	}
}

func (r *reader) pollGroup(op history.Op) Call {
	group := r.group
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, err := asGroup(c)
		if err != nil {
			return history.Value{}, nil, err
		}
		records, err := client.Poll(ctx, group, op.Key, r.batch)
		if err != nil {
			return history.Value{}, nil, err
		}
		return recordsValue(records), func() {
			if len(records) > 0 {
				r.polled[op.Key] = records[len(records)-1].Offset
			}
		}, nil
	}
}

func (r *reader) commit(op history.Op, last int64) Call {
	group := r.group
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, err := asGroup(c)
		if err != nil {
			return op.Value, nil, err
		}
		return op.Value, nil, client.Commit(ctx, group, op.Key, last)
	}
}

func recordsValue(records []Record) history.Value {
	items := make([]history.Value, len(records))
	for i, r := range records {
		items[i] = history.Ints(int(r.Offset), r.Value)
	}
	return history.List(items...)
}

func (log) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asLog(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case sendLog:
		value, err := integer(op)
		if err != nil {
			return op.Value, err
		}
		offset, err := client.Append(ctx, op.Key, value)
		if err != nil {
			return op.Value, err
		}
		return history.Ints(int(offset), value), nil
	case pollLog, commitLog:
		r := &reader{batch: logBatch.otherwise}
		return r.poll(op).without(ctx, c)
	case seekLog, assignLog, subscribeLog:
		return op.Value, nil
	}
	return op.Value, unknown("log", op, "send, poll, commit, seek, assign, subscribe")
}

func (log) Checker(cfg Config) (checkers.Checker, error) {
	name, err := choice(cfg, logProfile)
	if err != nil {
		return nil, err
	}
	profile, err := delivery.ParseProfile(name)
	if err != nil {
		return nil, err
	}
	order, err := choice(cfg, logOrder)
	if err != nil {
		return nil, err
	}
	promise := logchecker.New(profile)
	if order == "none" {
		promise = logchecker.New(profile, logchecker.Unordered())
	}
	s := chosen{cfg: cfg}
	return eachGroup{promise, s.number(logGroups), cfg.Clients}, s.err
}

// eachGroup judges a history once for each group, as its checker takes all
// subscribers for one.
type eachGroup struct {
	checkers.Checker
	groups, clients int
}

func (e eachGroup) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	if e.groups < 2 || e.clients == 0 {
		return e.Checker.Check(ctx, h)
	}
	var parts []checkers.Checker
	for group := range e.groups {
		parts = append(parts, ofGroup{e, group})
	}
	return checkers.All(e.Name(), parts...).Check(ctx, h)
}

// ofGroup judges what one group did, and those in none.
type ofGroup struct {
	eachGroup
	group int
}

func (o ofGroup) Name() string { return fmt.Sprintf("%s, group %d", o.Checker.Name(), o.group) }

func (o ofGroup) Check(ctx context.Context, h *history.History) (checkers.Verdict, error) {
	return o.Checker.Check(ctx, o.view(h))
}

// view is the history in which the other groups polled and committed in vain. Places
// stay what they are.
func (o ofGroup) view(h *history.History) *history.History {
	seen := &history.History{Ops: append([]history.Op(nil), h.Ops...)}
	in := map[int]bool{} // processes that are in another group
	for i := range seen.Ops {
		op := &seen.Ops[i]
		switch {
		case op.Process == history.Nemesis || op.F == sendLog:
		case op.F == subscribeLog && op.Type == history.Invoke:
			in[op.Process] = op.Process%o.clients/2%o.groups != o.group
		case op.F == assignLog && op.Type == history.Invoke:
			delete(in, op.Process)
		}
		if in[op.Process] && op.F != sendLog && op.Type != history.Invoke {
			op.Type, op.Error = history.Fail, "it belongs to another group"
		}
	}
	return seen
}

var _ Remembering = log{}
