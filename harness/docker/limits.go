package docker

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
)

var _ cluster.Limited = (*Node)(nil)

// cpuPeriod is over which the kernel rations CPU, in microseconds: its own default.
// leastCPU is the smallest quota that it takes, 1 ms in each.
const (
	cpuPeriod = 100_000
	leastCPU  = 0.01
)

// unlimited is a limit of memory that no machine reaches: to the engine 0 does not
// mean that there is none, but that it stays as it is. Nor does -1 lift that of memory
// with swap on all engines, and memory without swap has to stay below it.
const unlimited = 1 << 50

// SetLimits implements cluster.Limited. The nodes of a cluster are made without
// limits, so that lifting them restores what was, and Clean, which removes the
// containers of dead runs, has nothing to remember.
func (n *Node) SetLimits(ctx context.Context, l cluster.Limits) error {
	if l.CPU < 0 || l.CPU > 0 && l.CPU < leastCPU || l.Memory < 0 {
		return fmt.Errorf("limit %s: %v cores and %d bytes cannot be", n.spec.Name, l.CPU, l.Memory)
	}
	resources := container.Resources{CPUPeriod: cpuPeriod, CPUQuota: -1, Memory: unlimited, MemorySwap: 2 * unlimited}
	if l.CPU > 0 {
		resources.CPUQuota = int64(l.CPU * cpuPeriod)
	}
	if l.Memory > 0 {
		resources.Memory, resources.MemorySwap = l.Memory, l.Memory
	}
	if _, err := n.cluster.engine.api.ContainerUpdate(ctx, n.id, container.UpdateConfig{Resources: resources}); err != nil {
		return fmt.Errorf("limit %s: %w", n.spec.Name, err)
	}
	return nil
}

// Usage implements cluster.Limited. The limit of memory is the kernel's own; that of
// CPU is the engine's, because kernels do not show it in what they count.
func (n *Node) Usage(ctx context.Context) (cluster.Usage, error) {
	usage, err := n.usage(ctx)
	if err != nil {
		return cluster.Usage{}, fmt.Errorf("usage of %s: %w", n.spec.Name, err)
	}
	return usage, nil
}

func (n *Node) usage(ctx context.Context) (cluster.Usage, error) {
	found, err := n.inspect(ctx)
	if err != nil {
		return cluster.Usage{}, err
	}
	stats, err := n.stats(ctx)
	if err != nil {
		return cluster.Usage{}, err
	}
	usage := cluster.Usage{Memory: resident(stats.MemoryStats), Periods: stats.CPUStats.ThrottlingData.Periods}
	if quota := found.HostConfig.CPUQuota; quota > 0 {
		usage.Limits.CPU = float64(quota) / cpuPeriod
	}
	// Without a limit the engine tells the machine's memory.
	if limit := int64(stats.MemoryStats.Limit); limit < n.cluster.engine.memory(ctx) {
		usage.Limits.Memory = limit
	}
	return usage, nil
}

func (n *Node) stats(ctx context.Context) (stats container.StatsResponse, err error) {
	answer, err := n.cluster.engine.api.ContainerStatsOneShot(ctx, n.id)
	if err != nil {
		return stats, err
	}
	defer answer.Body.Close()
	return stats, json.NewDecoder(answer.Body).Decode(&stats)
}

// resident is the memory in use without the cache of files, whose name depends on
// the version of the kernel's control groups.
func resident(m container.MemoryStats) int64 {
	cached, ok := m.Stats["total_inactive_file"]
	if !ok {
		cached = m.Stats["inactive_file"]
	}
	return int64(m.Usage - min(cached, m.Usage))
}

// memory is that of the engine's machine, asked for once: the engine starts programs
// of its own to answer.
func (e *Engine) memory(ctx context.Context) int64 {
	if known := e.total.Load(); known > 0 {
		return known
	}
	info, err := e.api.Info(ctx)
	if err != nil {
		return unlimited
	}
	e.total.Store(info.MemTotal)
	return info.MemTotal
}
