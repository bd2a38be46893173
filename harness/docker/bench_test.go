package docker

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/workloads"
)

// benchCluster starts a cluster of a target where ASSAY_DOCKER=1 says that there
// is an engine.
func benchCluster(b *testing.B, target cluster.Target, nodes int) *Cluster {
	b.Helper()
	if os.Getenv("ASSAY_DOCKER") != "1" {
		b.Skip("needs a Docker engine: ASSAY_DOCKER=1")
	}
	e, err := Connect(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	b.Setenv("ASSAY_STATE", b.TempDir())
	o := cluster.Options{Run: newRun(), Target: target, Config: cluster.Config{Nodes: nodes}}
	made, err := e.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := made.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	if err := target.Ready(ctx, made, o.Config); err != nil {
		b.Fatal(err)
	}
	return made.(*Cluster)
}

func mustSet(b *testing.B, c *Cluster, r cluster.Rules) {
	b.Helper()
	if err := c.SetRules(b.Context(), r); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkPartition cuts five nodes in halves. The goal is 20 ms.
func BenchmarkPartition(b *testing.B) {
	c := benchCluster(b, echo{}, 5)
	halves := cluster.Rules{Drop: map[cluster.Link]bool{}}
	for _, x := range []string{"n1", "n2"} {
		for _, y := range []string{"n3", "n4", "n5"} {
			halves.Drop[cluster.Link{From: x, To: y}], halves.Drop[cluster.Link{From: y, To: x}] = true, true
		}
	}
	for b.Loop() {
		mustSet(b, c, halves)
		b.StopTimer()
		mustSet(b, c, cluster.Rules{})
		b.StartTimer()
	}
}

// BenchmarkShape makes all links of five nodes slow, changes that, or heals it.
// The goal of a change is 5 ms.
func BenchmarkShape(b *testing.B) {
	c := benchCluster(b, echo{}, 5)
	slow := func(delay time.Duration) cluster.Rules {
		var links []cluster.Link
		for _, x := range c.nodes {
			for _, y := range c.nodes {
				if x != y {
					links = append(links, cluster.Link{From: x.spec.Name, To: y.spec.Name})
				}
			}
		}
		return shaped(cluster.Shape{Delay: delay}, links...)
	}
	b.Run("apply", func(b *testing.B) {
		for b.Loop() {
			mustSet(b, c, slow(time.Millisecond))
			b.StopTimer()
			mustSet(b, c, cluster.Rules{})
			b.StartTimer()
		}
	})
	b.Run("change", func(b *testing.B) {
		delay := time.Millisecond
		for b.Loop() {
			delay++
			mustSet(b, c, slow(delay))
		}
	})
	b.Run("heal", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			mustSet(b, c, slow(time.Millisecond))
			b.StartTimer()
			mustSet(b, c, cluster.Rules{})
		}
	})
}

// BenchmarkRestart is how long after its start a node has its rules again.
func BenchmarkRestart(b *testing.B) {
	c := benchCluster(b, echo{}, 5)
	r := shaped(cluster.Shape{Delay: time.Millisecond}, there)
	r.Drop = map[cluster.Link]bool{back: true}
	mustSet(b, c, r)
	n := c.nodes[1]
	for b.Loop() {
		b.StopTimer()
		if err := n.Kill(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := n.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		found, err := n.inspect(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		// As if it had just been started: nothing holds.
		mustSet(b, c, cluster.Rules{})
		c.rules = r
		b.StartTimer()
		if err := c.welcome(b.Context(), n, found.State); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdleAgent compares the throughput of the demo with and without an agent that
// has nothing to do. The goal is that it costs 2 % at most. A round measures three times
// in turning order: with the agent, without, and without again, so that a trend of the
// machine favours nobody. Of the ratios of a round the median counts, which no outlier
// moves; that of the two rounds without says how much of a cost this machine sees where
// there is none (%nothing), and both have a margin of error. The processor time of the
// agent can be told on any machine: in the nodes' networks, an agent that was never
// asked for rules has none, so that there is no other cost. One iteration takes some two
// minutes: -benchtime 1x.
func BenchmarkIdleAgent(b *testing.B) {
	c := benchCluster(b, demo.New(), 3)
	load := newLoad(b, dialRegister(b, c))
	for b.Loop() {
		began, used := time.Now(), agentTime(b, c)
		var with, costs, nothing []float64
		for round := 0; time.Since(began) < benching; round++ {
			got := c.triple(b, load, round)
			with = append(with, got[0])
			costs = append(costs, 100*(1-got[0]/got[1]))
			nothing = append(nothing, 100*(1-got[2]/got[1]))
		}
		b.ReportMetric(100*(agentTime(b, c)-used).Seconds()/time.Since(began).Seconds(), "%cpu")
		b.ReportMetric(float64(len(with)), "rounds")
		b.ReportMetric(median(with), "writes/s")
		report(b, costs, "%cost", "%cost-margin")
		report(b, nothing, "%nothing", "%nothing-margin")
	}
}

func report(b *testing.B, values []float64, name, ofMargin string) {
	middle, margin := medianAndMargin(values)
	b.ReportMetric(middle, name)
	b.ReportMetric(margin, ofMargin)
}

const (
	// benching is how long rounds are made, briefly how long one measures, and settle
	// how long the engine's own work after a request is waited for.
	benching = 2 * time.Minute
	briefly  = 100 * time.Millisecond
	settle   = 50 * time.Millisecond
)

// triple measures with an agent, without, and without again, beginning with another one
// in each round.
func (c *Cluster) triple(b *testing.B, load load, round int) (got [3]float64) {
	b.Helper()
	for i := range got {
		which := (i + round) % len(got)
		c.freeze(b, which > 0, func() { got[which] = load.throughput(b) })
	}
	return got
}

// freeze does something while the agent is frozen, which is as good as none, or just
// was: the engine is asked for as much in either case.
func (c *Cluster) freeze(b *testing.B, frozen bool, do func()) {
	b.Helper()
	thaw := func() {
		if err := c.engine.api.ContainerUnpause(b.Context(), c.agent.id); err != nil {
			b.Fatal(err)
		}
	}
	if err := c.engine.api.ContainerPause(b.Context(), c.agent.id); err != nil {
		b.Fatal(err)
	}
	if !frozen {
		thaw()
	}
	time.Sleep(settle)
	do()
	if frozen {
		thaw()
	}
}

// load is a client and how many writes it does in a short time.
type load struct {
	register workloads.Register
	writes   int
}

// newLoad warms up, and finds out how many writes that are.
func newLoad(b *testing.B, r workloads.Register) load {
	b.Helper()
	warm := load{r, 500}
	warm.throughput(b)
	return load{r, max(10, int(warm.throughput(b)*briefly.Seconds()))}
}

// throughput is how many writes are done in a second.
func (l load) throughput(b *testing.B) float64 {
	b.Helper()
	began := time.Now()
	for i := range l.writes {
		if err := l.register.Write(b.Context(), "x", i); err != nil {
			b.Fatal(err)
		}
	}
	return float64(l.writes) / time.Since(began).Seconds()
}

// agentTime is how much processor time the agent has used.
func agentTime(b *testing.B, c *Cluster) time.Duration {
	b.Helper()
	answer, err := c.engine.api.ContainerStatsOneShot(b.Context(), c.agent.id)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var stats container.StatsResponse
	if err := json.NewDecoder(answer.Body).Decode(&stats); err != nil {
		b.Fatal(err)
	}
	return time.Duration(stats.CPUStats.CPUUsage.TotalUsage)
}

func dialRegister(b *testing.B, c *Cluster) workloads.Register {
	b.Helper()
	client, err := demo.New().Dial(b.Context(), c.nodes[0], cluster.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close() })
	register, ok := client.(workloads.Register)
	if !ok {
		b.Fatal("the demo has no registers")
	}
	return register
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// medianAndMargin are the median and half of its 95 % confidence interval, from the
// order statistics of a binomial distribution, which no outlier moves.
func medianAndMargin(values []float64) (middle, margin float64) {
	values = slices.Sorted(slices.Values(values))
	n := float64(len(values))
	reach := 0.98 * math.Sqrt(n)
	low, high := values[int(max(0, n/2-reach))], values[int(min(n-1, n/2+reach))]
	return median(values), (high - low) / 2
}
