package compose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

const (
	// patience is how long a single question to a node may take.
	patience = 2 * time.Second
	// pause is the time between two questions.
	pause = 50 * time.Millisecond
	// stays is how long a connection has to stay open to count as accepted. A published
	// port is served by a proxy, which accepts everything and hangs up when nobody listens
	// behind it.
	stays = 100 * time.Millisecond
)

// Ready implements cluster.Target: each node answers as its compose file says.
func (t Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	var all sync.WaitGroup
	nodes := c.Nodes()
	failed := make([]error, len(nodes))
	for i, node := range nodes {
		all.Go(func() { failed[i] = await(ctx, node, t.plan.ready[node.Name()]) })
	}
	all.Wait()
	return errors.Join(failed...)
}

func await(ctx context.Context, node cluster.Node, r readiness) error {
	for last := errors.New("nothing"); ; {
		err := ask(ctx, node, r)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not ready (%s): %w; last seen: %w", node.Name(), r.how, context.Cause(ctx), last)
		}
		last = err
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

func ask(ctx context.Context, node cluster.Node, r readiness) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	address := node.Addr(readyPort)
	if address == "" {
		address = node.Addr(clientPort)
	}
	switch r.how {
	case "health":
		teller, ok := node.(cluster.HealthTeller)
		if !ok {
			return errors.New("nodes of this runtime have no health checks")
		}
		return teller.Healthy(ctx)
	case "http":
		return askHTTP(ctx, "http://"+address+r.path, r.status)
	}
	return askTCP(ctx, address)
}

// plain is a client that takes no other way than the one that it is told.
var plain = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func askHTTP(ctx context.Context, url string, status int) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := plain.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == status || status == 0 && answer.StatusCode/100 == 2 {
		return nil
	}
	return fmt.Errorf("%s answered %s", url, answer.Status)
}

func askTCP(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(stays)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s accepts connections and closes them at once", address)
	}
	return err
}
