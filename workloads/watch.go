package workloads

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/assaykit/assay/checkers"
	watchchecker "github.com/assaykit/assay/checkers/watch"
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/generator"
	"github.com/assaykit/assay/harness/history"
)

// The operations of watchers and of those who are watched.
const (
	putWatched    = "put"
	deleteWatched = "delete"
	watchChanges  = "watch"
)

// watchedPrefix is that of all keys.
const watchedPrefix = "watched/"

// watchPatience is how often a client asks at the end until it was told of
// everything, and watchPause how long it waits in between.
const (
	watchPatience = 100
	watchPause    = 50 * time.Millisecond
)

var (
	watchKeys = number{key: "keys", otherwise: 10, low: 1, high: 10_000,
		about: "how many keys are watched"}
	watchShare = number{key: "watch-share", otherwise: 40, low: 1, high: 98,
		about: "how many of a hundred operations ask for changes; the others make some"}
	watchDeletes = number{key: "delete-share", otherwise: 10, low: 0, high: 99,
		about: "how many of a hundred changes delete"}
	watchRewinds = number{key: "rewind-share", otherwise: 2, low: 0, high: 100,
		about: "how many of a hundred watchers go back to an earlier version"}
)

// watchedVersions are a map whose changes can be watched. The versions of both are the
// same, and comparable over all keys under the prefix.
type watchedVersions struct {
	Versions
	Watch
}

type watch struct{}

// NewWatch changes keys and watches them, and demands that each watcher is told of
// every change exactly once and in order, also after a reconnect: a watcher goes on
// where it stopped.
//
// Operations: put takes an integer and gives its version; delete gives the version
// of the deletion, or null; watch takes the version after which, and gives [version
// changes]: the one up to which these are all changes, each [key value version], or
// [key null version] if the key was deleted.
func NewWatch() Workload { return watch{} }

func (watch) Name() string { return "watch" }

func (watch) About() string {
	return "change keys and watch them; each watcher must be told of every change once and in order, also after a reconnect"
}

func (watch) Settings() []cluster.Setting {
	return []cluster.Setting{watchShare.setting(), watchDeletes.setting(), watchRewinds.setting(), watchKeys.setting()}
}

func (watch) Supports(c cluster.Client) error {
	_, err := asWatch(c)
	return err
}

func asWatch(c cluster.Client) (watched watchedVersions, err error) {
	const abilities = "keys with versions whose changes can be watched"
	if watched.Versions, err = as[Versions](c, "watch", abilities); err != nil {
		return watched, err
	}
	watched.Watch, err = as[Watch](c, "watch", abilities)
	return watched, err
}

func (watch) Generator(cfg Config) (generator.Generator, error) {
	s := chosen{cfg: cfg}
	g := &changes{random: generator.Random(cfg.Seed, "watch"), keys: s.number(watchKeys), rewinds: s.number(watchRewinds)}
	watches, deletes := s.number(watchShare), s.number(watchDeletes)
	if s.err != nil {
		return nil, s.err
	}
	changing := 100 - watches
	return generator.Mix(g.random,
		generator.Weighted{Weight: 100 * watches, Of: generator.Forever(g.watch)},
		generator.Weighted{Weight: changing * deletes, Of: generator.Forever(g.delete)},
		generator.Weighted{Weight: changing * (100 - deletes), Of: generator.Forever(g.put)},
	), nil
}

// changes makes changes and watchers.
type changes struct {
	random        *rand.Rand
	keys, rewinds int
	last          int
}

func (g *changes) key() string { return fmt.Sprint(watchedPrefix, g.random.IntN(g.keys)) }

func (g *changes) put() history.Op {
	g.last++
	return history.Op{F: putWatched, Key: g.key(), Value: history.Int(g.last)}
}

func (g *changes) delete() history.Op { return history.Op{F: deleteWatched, Key: g.key()} }

// watch goes on where the client stopped, or so many hundredths of the way before.
func (g *changes) watch() history.Op {
	op := history.Op{F: watchChanges, Key: watchedPrefix}
	if g.random.IntN(100) < g.rewinds {
		op.Value = history.Int(g.random.IntN(100))
	}
	return op
}

// Final watches from the beginning, until the client was told of everything that was
// acknowledged.
func (watch) Final(_ Config, sofar *history.History, _ int) generator.Generator {
	if len(sofar.Ops) == 0 {
		return generator.Ops()
	}
	want, left, first := lastVersion(sofar), watchPatience, true
	return generator.Func(func(done *history.Op) (history.Op, bool) {
		op := history.Op{F: watchChanges, Key: watchedPrefix, Final: true}
		if first {
			op.Value, first = history.Int(0), false
		}
		left--
		return op, left >= 0 && !toldUpTo(done, want)
	})
}

// lastVersion is the greatest that was acknowledged.
func lastVersion(h *history.History) int {
	last := 0
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Type == history.OK && (op.F == putWatched || op.F == deleteWatched) {
			version, _ := op.Value.Int()
			last = max(last, version)
		}
	}
	return last
}

func toldUpTo(done *history.Op, version int) bool {
	if done == nil || done.Type != history.OK {
		return false
	}
	items, _ := done.Value.Items()
	upto, _ := items[0].Int()
	return upto >= version
}

func (watch) Remember(Config, cluster.Client, int) Memory { return &watcher{} }

// watcher is the memory of a client that was told of all changes up to a version. It
// outlives connections.
type watcher struct {
	upto int
	// idle is set if it was told of nothing the last time.
	idle bool
}

func (w *watcher) Disconnected() {}

func (w *watcher) Next(ctx context.Context, wish history.Op) Step {
	if wish.F != watchChanges {
		return Step{Op: wish, Call: plain(watch{}, wish)}
	}
	after := w.upto
	if hundredths, back := wish.Value.Int(); back {
		after = after / 100 * hundredths
	}
	if wish.Final && w.idle {
		wait(ctx, watchPause)
	}
	wish.Value = history.Int(after)
	return Step{Op: wish, Call: w.changes(wish)}
}

func (w *watcher) changes(op history.Op) Call {
	return func(ctx context.Context, c cluster.Client) (history.Value, func(), error) {
		client, err := asWatch(c)
		if err != nil {
			return op.Value, nil, err
		}
		after, err := integer(op)
		if err != nil {
			return op.Value, nil, err
		}
		changes, upto, err := client.Changes(ctx, op.Key, int64(after))
		if err != nil {
			return op.Value, nil, err
		}
		note := func() { w.upto, w.idle = max(w.upto, int(upto)), len(changes) == 0 }
		return history.List(history.Int(int(upto)), changesValue(changes)), note, nil
	}
}

func changesValue(changes []Change) history.Value {
	items := make([]history.Value, len(changes))
	for i, c := range changes {
		items[i] = history.List(history.String(c.Key), optional(c.Value, !c.Deleted), history.Int(int(c.Version)))
	}
	return history.List(items...)
}

func (watch) Invoke(ctx context.Context, c cluster.Client, op history.Op) (history.Value, error) {
	client, err := asWatch(c)
	if err != nil {
		return op.Value, err
	}
	switch op.F {
	case putWatched:
		value, err := integer(op)
		if err != nil {
			return op.Value, err
		}
		version, err := client.Put(ctx, op.Key, value)
		return versioned(op, version, err)
	case deleteWatched:
		version, err := client.Delete(ctx, op.Key)
		return versioned(op, version, err)
	case watchChanges:
		return new(watcher).changes(op).without(ctx, c)
	}
	return op.Value, unknown("watch", op, "put, delete, watch")
}

// versioned is a version, or null for none.
func versioned(op history.Op, version int64, err error) (history.Value, error) {
	if err != nil {
		return op.Value, err
	}
	return optional(int(version), version != 0), nil
}

func (watch) Checker(Config) (checkers.Checker, error) { return watchchecker.New(), nil }

var _ Remembering = watch{}
