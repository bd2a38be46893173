// Package demo is the built-in target: every data type that there is, on the Raft of
// harness/protocols/raft, in containers or as child processes. With no bug it
// is correct under every fault; each of its settings of bug is a mistake that
// real systems have made.
package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
	"github.com/assaykit/assay/harness/protocols/raft"
	"github.com/assaykit/assay/harness/sim/world"
	"github.com/assaykit/assay/harness/targets/demo/node"
)

const (
	clientPort = "client"
	peerPort   = "peer"
	// bugSetting is the key of the setting that switches a mistake on.
	bugSetting = "bug"
	noBug      = "none"

	// readsSetting is the key of what reads promise.
	readsSetting      = "reads"
	linearizableReads = "linearizable"
	localReads        = "local"
)

// Target is the demo. It implements cluster.Target, cluster.Leaders,
// cluster.TimeTeller, cluster.Claimer and cluster.Trader.
type Target struct {
	// program starts a node; the arguments follow.
	program func() ([]string, error)
	// edition changes when the program may have changed.
	edition func() (string, error)
}

// New is the target; its child processes are "assay node", that is this very
// program.
func New() Target {
	return newTarget(func() ([]string, error) {
		self, err := os.Executable()
		return []string{self, "node"}, err
	})
}

// WithProgram is the target with another program for the local runtime, which
// has to call node.Main with the arguments that follow.
func WithProgram(program ...string) Target {
	return newTarget(func() ([]string, error) { return program, nil })
}

func newTarget(program func() ([]string, error)) Target {
	return Target{program: program, edition: sync.OnceValues(edition)}
}

// Name implements cluster.Target.
func (Target) Name() string { return "demo" }

// About implements cluster.Target.
func (Target) About() string {
	return "a small replicated store on Raft, built in, of every data type, with bugs to switch on"
}

// Settings implements cluster.Target.
func (Target) Settings() []cluster.Setting {
	choices := []cluster.Choice{{Value: noBug, About: "correct"}}
	for _, m := range raft.Mistakes() {
		choices = append(choices, cluster.Choice{Value: string(m.Bug), About: m.About})
	}
	return []cluster.Setting{
		// What is claimed is claimed of the demo as it is: that is how a mistake shows.
		{Key: bugSetting, Default: noBug, Harmless: true, About: "which mistake the nodes make", Choices: choices},
		{Key: readsSetting, Default: linearizableReads, About: "what a read promises", Choices: []cluster.Choice{
			{Value: linearizableReads, About: "the latest value: a majority confirms it"},
			{Value: localReads, About: "whatever the asked node has, possibly stale"},
		}},
	}
}

// Nodes implements cluster.Target.
func (t Target) Nodes(cfg cluster.Config, at cluster.Layout) ([]cluster.NodeSpec, error) {
	if err := consistent(cfg); err != nil {
		return nil, err
	}
	program, err := t.program()
	if err != nil {
		return nil, fmt.Errorf("find the program of the demo's nodes: %w", err)
	}
	edition, err := t.edition()
	if err != nil {
		return nil, fmt.Errorf("name the demo's image: %w", err)
	}
	var specs []cluster.NodeSpec
	for i, name := range at.Names() {
		specs = append(specs, cluster.NodeSpec{
			Name: name,
			Image: cluster.Image{
				Reference: "assay/demo:" + edition,
				Recipe:    gobuild.Own{Package: "cmd/assay-node", Path: "/assay-node"},
			},
			Program: append(program[:len(program):len(program)], node.UntilStdinCloses),
			Args:    arguments(name, cfg, cfg.Seed+int64(i), at),
			Ports:   map[string]int{clientPort: 8080, peerPort: 7000},
		})
	}
	return specs, nil
}

// Program implements world.Target.
func (Target) Program(cfg cluster.Config) (world.Program, error) {
	if err := consistent(cfg); err != nil {
		return nil, err
	}
	wrong := raft.Bug(mistake(cfg))
	if wrong == noBug {
		wrong = ""
	}
	habits := world.Habits{NoSync: wrong == raft.NoFsync, NoChecksum: wrong == raft.NoChecksum}
	return world.Of(raft.New(raft.Config{Bug: wrong}), habits)
}

func arguments(self string, cfg cluster.Config, seed int64, at cluster.Layout) []string {
	return []string{
		"--id=" + self,
		"--peers=" + peers(self, at),
		"--listen-client=" + at.Listen(self, clientPort),
		"--listen-peer=" + at.Listen(self, peerPort),
		"--data=" + at.Data(self),
		"--bug=" + mistake(cfg),
		"--seed=" + strconv.FormatInt(seed, 10),
	}
}

// peers are the other nodes, at the addresses at which self reaches them.
func peers(self string, at cluster.Layout) string {
	var list []string
	for _, name := range at.Names() {
		if name != self {
			list = append(list, name+"="+at.Dial(self, name, peerPort))
		}
	}
	return strings.Join(list, ",")
}

func bug(cfg cluster.Config) string {
	if value, chosen := cfg.Settings[bugSetting]; chosen {
		return value
	}
	return noBug
}

// consistent says which settings exclude each other.
func consistent(cfg cluster.Config) error {
	if bug(cfg) != noBug && cfg.Settings[readsSetting] == localReads {
		return fmt.Errorf("%s=%s is what bug=%s does: choose it or another bug", readsSetting, localReads, raft.FollowerReads)
	}
	return nil
}

// mistake is what the nodes are told to do wrong. Local reads are one where a system
// promises more, and a choice where it says so.
func mistake(cfg cluster.Config) string {
	if cfg.Settings[readsSetting] == localReads {
		return string(raft.FollowerReads)
	}
	return bug(cfg)
}

// edition is a hash of the running program. The nodes' program is built from
// the same source, so that a new edition of the one means a new image of the
// other.
func edition() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}
