//go:build linux

package footprint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// errBlind means that nothing on the machine can show its rules.
var errBlind = errors.New("there is neither nft nor iptables-save")

// listings are the commands that show rules; those that are not there are passed
// over, except that one has to be.
var listings = [][]string{
	{"nft", "list", "ruleset"}, {"iptables-save"}, {"iptables-legacy-save"},
	{"ip6tables-save"}, {"ip6tables-legacy-save"}, {"tc", "qdisc", "show"},
}

// packetRules takes down all rules but those that an engine makes for a network or
// a published port.
func packetRules(ctx context.Context, f Footprint) error {
	seen := false
	for _, command := range listings {
		path, err := exec.LookPath(command[0])
		if err != nil {
			continue
		}
		text, err := exec.CommandContext(ctx, path, command[1:]...).Output()
		if err != nil {
			return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
		}
		seen = seen || command[0] != "tc"
		count(f, command[0]+": ", rulesIn(string(text)))
	}
	if !seen {
		return errBlind
	}
	return nil
}

var (
	// enginesOwn are names of what an engine makes for a network or a container, what
	// it makes to let containers out, and its chains, which it takes out of the way for
	// a moment while it changes them.
	enginesOwn = regexp.MustCompile(`\b(br-[0-9a-f]{12}|veth[0-9a-f]{7})\b|(?i:masquerade)|\bDOCKER`)
	// counters differ each time.
	counters = regexp.MustCompile(`\[\d+:\d+\]|counter packets \d+ bytes \d+|# handle \d+`)
)

// rulesIn are the lines of a listing that say something.
func rulesIn(listing string) []string {
	var rules []string
	for line := range strings.Lines(listing) {
		line = strings.TrimSpace(counters.ReplaceAllString(line, ""))
		if line == "" || line[0] == '#' || enginesOwn.MatchString(line) {
			continue
		}
		rules = append(rules, line)
	}
	return rules
}

// count takes down how often each line occurs.
func count(f Footprint, prefix string, lines []string) {
	times := map[string]int{}
	for _, line := range lines {
		times[line]++
	}
	for line, n := range times {
		f.facts[prefix+line] = fmt.Sprint(n)
	}
}

// queues takes down who waits for packets that rules hand over: see
// nfnetlink_queue in the kernel, whose first column is the number of a queue.
func queues(_ context.Context, f Footprint) error {
	text, err := os.ReadFile("/proc/thread-self/net/netfilter/nfnetlink_queue")
	if errors.Is(err, os.ErrNotExist) {
		return nil // the kernel has none
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 {
			f.facts["queue of packets "+fields[0]] = ""
		}
	}
	return err
}

// interfaces takes down the machine's own.
func interfaces(_ context.Context, f Footprint) error {
	all, err := net.Interfaces()
	for _, i := range all {
		if !enginesOwn.MatchString(i.Name) {
			f.facts["interface "+i.Name] = fmt.Sprintf("mtu %d, %s", i.MTU, i.HardwareAddr)
		}
	}
	return err
}
