package demo

import (
	"reflect"
	"testing"
	"time"

	"github.com/assaykit/assay/workloads"
)

func messages(t *testing.T, clients []*Client) {
	ctx := t.Context()
	if _, found, err := clients[0].Take(ctx, "m"); found || err != nil {
		t.Errorf("take of nothing: %v, %v", found, err)
	}
	if err := clients[0].Publish(ctx, "m", 7); err != nil {
		t.Error(err)
	}
	first, found, err := clients[1].Take(ctx, "m")
	if first.Value != 7 || !found || first.Redelivered || err != nil {
		t.Errorf("take: %+v, %v, %v", first, found, err)
	}
	again := workloads.Message{}
	for began := time.Now(); !again.Redelivered && time.Since(began) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
		if again, _, err = clients[2].Take(ctx, "m"); err != nil {
			t.Error(err)
		}
	}
	if again.Value != 7 || !again.Redelivered {
		t.Errorf("it was not handed out again: %+v", again)
	}
	if err := clients[1].Acknowledge(ctx, "m", first.Ticket); of(err) != noEffect {
		t.Errorf("acknowledgement of what is somebody else's: %v", err)
	}
	if err := clients[0].Acknowledge(ctx, "m", again.Ticket); err != nil {
		t.Error(err)
	}
	if err := clients[0].Acknowledge(ctx, "m", "x"); of(err) != noEffect {
		t.Errorf("acknowledgement of no ticket: %v", err)
	}
}

func logs(t *testing.T, clients []*Client) {
	ctx := t.Context()
	for i, c := range clients {
		if offset, err := c.Append(ctx, "p", 10*i); offset != int64(i) || err != nil {
			t.Errorf("append: %d, %v", offset, err)
		}
	}
	want := []workloads.Record{{Offset: 1, Value: 10}, {Offset: 2, Value: 20}}
	if got, err := clients[0].Records(ctx, "p", 1, 5); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("records: %v, %v", got, err)
	}
	if err := clients[1].Commit(ctx, "g", "p", 0); err != nil {
		t.Error(err)
	}
	if got, err := clients[2].Poll(ctx, "g", "p", 5); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("poll: %v, %v", got, err)
	}
	if got, err := clients[2].Poll(ctx, "h", "q", 5); len(got) != 0 || err != nil {
		t.Errorf("poll of nothing: %v, %v", got, err)
	}
}

func locks(t *testing.T, clients []*Client) {
	ctx := t.Context()
	held, token, err := clients[0].Acquire(ctx, "l")
	if !held || token == 0 || err != nil {
		t.Fatalf("acquire: %v, %d, %v", held, token, err)
	}
	if held, _, err := clients[1].AcquireFor(ctx, "l", time.Second); held || err != nil {
		t.Errorf("acquire of what is held: %v, %v", held, err)
	}
	if released, err := clients[1].Release(ctx, "l"); released || err != nil {
		t.Errorf("release of what is somebody else's: %v, %v", released, err)
	}
	if released, err := clients[0].Release(ctx, "l"); !released || err != nil {
		t.Errorf("release: %v, %v", released, err)
	}
	const hold = 300 * time.Millisecond
	began := time.Now()
	if held, later, err := clients[1].AcquireFor(ctx, "l", hold); !held || later <= token || err != nil {
		t.Fatalf("acquire for a time: %v, %d after %d, %v", held, later, token, err)
	}
	for held = false; !held && time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		if held, _, err = clients[2].AcquireFor(ctx, "l", hold); err != nil {
			t.Error(err)
		}
	}
	if took := time.Since(began); !held || took < hold {
		t.Errorf("acquired after %s: %v", took, held)
	}
	if _, _, err := clients[2].AcquireFor(ctx, "l", 0); of(err) != noEffect {
		t.Errorf("a lease of no time: %v", err)
	}
}

func numbers(t *testing.T, clients []*Client) {
	ctx := t.Context()
	seen := map[int64]bool{}
	for _, c := range clients {
		if err := c.Increment(ctx, "c", 2); err != nil {
			t.Error(err)
		}
		id, err := c.Generate(ctx)
		if seen[id] || err != nil {
			t.Errorf("identifier %d again, or %v", id, err)
		}
		seen[id] = true
		if err := c.Charge(ctx, 1, 5); err != nil {
			t.Error(err)
		}
	}
	if count, err := clients[0].Count(ctx, "c"); count != 2*len(clients) || err != nil {
		t.Errorf("count: %d, %v", count, err)
	}
	if err := clients[1].ChargeBlindly(ctx, 1, 6); err != nil {
		t.Error(err)
	}
	want := []workloads.Entry{{Order: 1, Amount: 5}, {Order: 1, Amount: 6}}
	if got, err := clients[2].Entries(ctx); !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("entries: %v, %v", got, err)
	}
}

func versions(t *testing.T, clients []*Client) {
	ctx := t.Context()
	first, err := clients[0].Put(ctx, "v/a", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, put, err := clients[1].PutIf(ctx, "v/a", 2, 0); put || err != nil {
		t.Errorf("put of what is there: %v, %v", put, err)
	}
	second, put, err := clients[1].PutIf(ctx, "v/a", 0, first)
	if !put || second <= first || err != nil {
		t.Errorf("put if: %d, %v, %v", second, put, err)
	}
	if value, version, err := clients[2].Get(ctx, "v/a"); value != 0 || version != second || err != nil {
		t.Errorf("get: %d, %d, %v", value, version, err)
	}
	third, err := clients[2].Delete(ctx, "v/a")
	if third <= second || err != nil {
		t.Errorf("delete: %d, %v", third, err)
	}
	if _, version, err := clients[0].Get(ctx, "v/a"); version != 0 || err != nil {
		t.Errorf("get of nothing: %d, %v", version, err)
	}
	want := []workloads.Change{{Key: "v/a", Version: second}, {Key: "v/a", Version: third, Deleted: true}}
	for _, c := range clients {
		watched(t, c, first, third, want)
	}
}

// watched waits until a node has heard of everything.
func watched(t *testing.T, c *Client, after, last int64, want []workloads.Change) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		got, upto, err := c.Changes(t.Context(), "v/", after)
		switch {
		case err == nil && upto >= last && reflect.DeepEqual(got, want):
			return
		case err != nil || time.Since(began) > 10*time.Second:
			t.Errorf("changes: %v up to %d, %v", got, upto, err)
			return
		}
	}
}

func leadership(t *testing.T, clients []*Client) {
	// Nobody leads for a moment now and then, if the machine is busy.
	for deadline := time.Now().Add(30 * time.Second); !led(t, clients); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody leads")
		}
	}
}

// led looks once, and says whether somebody leads.
func led(t *testing.T, clients []*Client) bool {
	leaders := map[int64]int{}
	for _, c := range clients {
		leads, term, err := c.Leads(t.Context())
		if err != nil {
			t.Error(err)
		}
		if leads {
			leaders[term]++
		}
	}
	for term, n := range leaders {
		if n > 1 || term == 0 {
			t.Errorf("%d lead term %d", n, term)
		}
	}
	return len(leaders) > 0
}
