package zookeeper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/assaykit/assay/harness/cluster"
)

// Ready implements cluster.Target. A server is ready when it gives a session and makes
// the folders that the data types need, or finds them: for both it has to reach a
// majority.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return each(c, func(_ int, node cluster.Node) error {
		if err := awaitFolders(ctx, node.Addr(clientPort)); err != nil {
			return fmt.Errorf("%s is not ready: %w", node.Name(), err)
		}
		return nil
	})
}

func awaitFolders(ctx context.Context, address string) error {
	s, err := open(address)
	if err != nil {
		return err
	}
	defer s.Close()
	for last := errors.New("nothing"); ; {
		err := s.makeFolders(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w; last seen: %w", context.Cause(ctx), last)
		}
		last = err
		wait(ctx, pause)
	}
}

func (s *session) makeFolders(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := do(ctx, s, func(remote *zk.Conn) (none struct{}, err error) {
		for _, name := range folders() {
			if err := makeFolder(remote, name); err != nil {
				return none, err
			}
		}
		_, err = remote.Set(marks, nil, -1)
		return none, err
	})
	return err
}

// Leaders implements cluster.Leaders. Each server is asked for itself; one that does
// not answer does not lead.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	claims := make([]bool, len(c.Nodes()))
	err := each(c, func(i int, node cluster.Node) error {
		told, err := ask(ctx, node.Addr(clientPort))
		claims[i] = err == nil && told.leads
		return nil
	})
	var names []string
	for i, node := range c.Nodes() {
		if claims[i] {
			names = append(names, node.Name())
		}
	}
	return names, err
}

// Leads implements workloads.Leadership. The term is ZooKeeper's epoch.
func (c *client) Leads(ctx context.Context) (bool, int64, error) {
	told, err := ask(ctx, c.address)
	return told.leads, told.epoch, harmless(err)
}

// status is what a server tells of itself.
type status struct {
	leads bool
	epoch int64
}

// ask sends the command srvr, which a server answers from what it has.
func ask(ctx context.Context, address string) (status, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	line, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return status{}, err
	}
	defer line.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = line.SetDeadline(end)
	}
	if _, err := io.WriteString(line, "srvr"); err != nil {
		return status{}, err
	}
	text, err := io.ReadAll(io.LimitReader(line, 64<<10))
	if err != nil {
		return status{}, err
	}
	return parseStatus(string(text))
}

// parseStatus reads the lines Mode and Zxid. The upper half of a transaction's number
// is the epoch that it was made in.
func parseStatus(text string) (s status, err error) {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		fields[key] = value
	}
	switch fields["Mode"] {
	case "leader", "standalone":
		s.leads = true
	case "follower", "observer":
	default:
		return s, fmt.Errorf("the server does not say whether it leads: %.100q", text)
	}
	zxid, err := strconv.ParseUint(strings.TrimPrefix(fields["Zxid"], "0x"), 16, 64)
	s.epoch = int64(zxid >> 32)
	return s, err
}

// each runs f for all nodes at once.
func each(c cluster.Cluster, f func(int, cluster.Node) error) error {
	var all sync.WaitGroup
	failed := make([]error, len(c.Nodes()))
	for i, node := range c.Nodes() {
		all.Go(func() { failed[i] = f(i, node) })
	}
	all.Wait()
	return errors.Join(failed...)
}
