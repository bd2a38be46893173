package docker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// randomPort is below the range from which kernels take ports for outgoing
// connections: those would grab it while its node is down.
func randomPort() int { return 10000 + rand.IntN(22000) }

// promisedPorts are those of all nodes that there are, of other runs too. A node that is
// down does not listen at its port, and wants it back.
func (e *Engine) promisedPorts(ctx context.Context) (map[int]bool, error) {
	there, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", labelPorts))})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	promised := map[int]bool{}
	for _, c := range there {
		for text := range strings.SplitSeq(c.Labels[labelPorts], ",") {
			if port, err := strconv.Atoi(text); err == nil {
				promised[port] = true
			}
		}
	}
	return promised, nil
}

func listPorts(ports []int) string {
	var texts []string
	for _, port := range ports {
		texts = append(texts, strconv.Itoa(port))
	}
	return strings.Join(texts, ",")
}

// freePort finds a port of this machine's loopback address that nobody has, and that was
// promised to nobody.
func freePort(promised map[int]bool) (int, error) {
	err := errors.New("all were promised to others")
	for range attempts {
		port := randomPort()
		if promised[port] {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port on 127.0.0.1 in %d attempts: %w", attempts, err)
}

// portTaken says whether a container could not start because somebody else has
// its port.
func portTaken(err error) bool {
	return err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, new(ownFault)) &&
		(strings.Contains(err.Error(), "port is already allocated") || strings.Contains(err.Error(), "address already in use"))
}
