package zookeeper

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
)

// Ready implements cluster.Target. A server is ready when it gives a session and makes
// the folders that the data types need, or finds them: for both it has to reach a
// majority.
func (Target) Ready(ctx context.Context, c cluster.Cluster, _ cluster.Config) error {
	return nodes.Each(c, func(_ int, node cluster.Node) error {
		s, err := open(node.Addr(clientPort))
		if err != nil {
			return err
		}
		defer s.Close()
		return nodes.Await(ctx, node, 2*time.Second, s.makeFolders)
	})
}

func (s *session) makeFolders(ctx context.Context) error {
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

// Leaders implements cluster.Leaders. Each server is asked for itself.
func (Target) Leaders(ctx context.Context, c cluster.Cluster, _ cluster.Config) ([]string, error) {
	return nodes.Leaders(ctx, c, func(ctx context.Context, node cluster.Node) (bool, error) {
		told, err := ask(ctx, node.Addr(clientPort))
		return told.leads, err
	}), nil
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
