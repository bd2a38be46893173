//go:build linux

package agent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

const tableName = "assay"

// tableOwned is NFT_TABLE_F_OWNER (Linux 5.12): the table belongs to the socket
// that made it, and the kernel removes it when that socket closes.
const tableOwned = 0x2

// offsetSource is where an IPv4 header has the source address.
const offsetSource = 12

// kernelPatience bounds the wait for the kernel's answers, which come at once
// but for the grace period of a deletion.
const kernelPatience = 5 * time.Second

// firewall is a set of rules on what a namespace receives. Rules on what it sends
// would make the sender's own system calls fail, which no network does.
type firewall struct {
	conn    *nftables.Conn
	socket  *netlink.Conn
	table   *nftables.Table
	arrival *nftables.Chain
	// noise is the chain that changes packets, made when it is first needed, so
	// that a kernel that lacks something for it can still drop.
	noise *nftables.Chain
	// empty says that the arrival chain has no rules.
	empty bool
}

func openFirewall(ns namespace) (*firewall, error) {
	w := &firewall{empty: true}
	err := ns.enter(func() (err error) {
		keep := func(c *netlink.Conn) error { w.socket = c; return nil }
		w.conn, err = nftables.New(nftables.AsLasting(), nftables.WithSockOptions(keep))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open nftables: %w", err)
	}
	if err := w.setUp(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *firewall) setUp() error {
	if err := w.makeTable(); err != nil {
		return fmt.Errorf("make an nftables table that its owner takes along: %w", err)
	}
	w.table = &nftables.Table{Name: tableName, Family: nftables.TableFamilyIPv4}
	w.arrival = w.conn.AddChain(&nftables.Chain{
		Name: "arrival", Table: w.table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityRaw,
	})
	if err := w.flush(); err != nil {
		return fmt.Errorf("make the arrival chain: %w", err)
	}
	return nil
}

// makeTable speaks netlink itself, because the library sends no table flags.
func (w *firewall) makeTable() error {
	attributes := netlink.NewAttributeEncoder()
	attributes.ByteOrder = binary.BigEndian
	attributes.String(unix.NFTA_TABLE_NAME, tableName)
	attributes.Uint32(unix.NFTA_TABLE_FLAGS, tableOwned)
	body, err := attributes.Encode()
	if err != nil {
		return err
	}
	const newTable = unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_NEWTABLE
	batch := []netlink.Message{
		message(unix.NFNL_MSG_BATCH_BEGIN, netlink.Request, unix.NFNL_SUBSYS_NFTABLES, nil),
		message(newTable, netlink.Request|netlink.Acknowledge|netlink.Create, 0, body),
		message(unix.NFNL_MSG_BATCH_END, netlink.Request, unix.NFNL_SUBSYS_NFTABLES, nil),
	}
	if err := w.limitWait(); err != nil {
		return err
	}
	if _, err := w.socket.SendMessages(batch); err != nil {
		return err
	}
	_, err = w.socket.Receive()
	return err
}

// message is a netlink message with the header nfgenmsg.
func message(kind netlink.HeaderType, flags netlink.HeaderFlags, resource uint16, body []byte) netlink.Message {
	family := byte(unix.NFPROTO_IPV4)
	if resource != 0 {
		family = unix.AF_UNSPEC
	}
	header := binary.BigEndian.AppendUint16([]byte{family, unix.NFNETLINK_V0}, resource)
	return netlink.Message{Header: netlink.Header{Type: kind, Flags: flags}, Data: append(header, body...)}
}

// replace makes exactly these rules hold, in one transaction.
func (w *firewall) replace(drop []netip.Addr, noise []protocol.Noise) error {
	if len(noise) > 0 {
		if err := w.makeNoise(); err != nil {
			return err
		}
	}
	if !w.empty { // a deletion costs some ten milliseconds
		w.conn.FlushChain(w.arrival)
	}
	for _, from := range drop {
		w.add(w.arrival, fromPeer(from), does(&expr.Verdict{Kind: expr.VerdictDrop}))
	}
	for _, n := range noise {
		w.add(w.arrival, fromPeer(n.From), isLongTCP(), happens(n.Probability),
			does(&expr.Counter{}, &expr.Verdict{Kind: expr.VerdictJump, Chain: w.noise.Name}))
	}
	if err := w.flush(); err != nil {
		return fmt.Errorf("replace rules: %w", err)
	}
	w.empty = len(drop)+len(noise) == 0
	return nil
}

// counts returns how many packets were changed, by the peer that they came from.
func (w *firewall) counts() (map[netip.Addr]uint64, error) {
	if err := w.limitWait(); err != nil {
		return nil, err
	}
	rules, err := w.conn.GetRules(w.table, w.arrival)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	counts := map[netip.Addr]uint64{}
	for _, rule := range rules {
		if from, n, ok := counter(rule); ok {
			counts[from] = n
		}
	}
	return counts, nil
}

// counter reads a rule that was made of fromPeer and a Counter.
func counter(rule *nftables.Rule) (from netip.Addr, packets uint64, ok bool) {
	for _, e := range rule.Exprs {
		switch e := e.(type) {
		case *expr.Cmp:
			if address, isIP := netip.AddrFromSlice(e.Data); isIP && !from.IsValid() {
				from = address
			}
		case *expr.Counter:
			packets, ok = e.Packets, true
		}
	}
	return from, packets, ok
}

// close removes all rules.
func (w *firewall) close() error { return w.conn.CloseLasting() }

func (w *firewall) add(to *nftables.Chain, parts ...[]expr.Any) {
	rule := &nftables.Rule{Table: w.table, Chain: to}
	for _, p := range parts {
		rule.Exprs = append(rule.Exprs, p...)
	}
	w.conn.AddRule(rule)
}

func (w *firewall) flush() error {
	if err := w.limitWait(); err != nil {
		return err
	}
	return w.conn.Flush()
}

func (w *firewall) limitWait() error {
	return w.socket.SetReadDeadline(time.Now().Add(kernelPatience))
}

func fromPeer(from netip.Addr) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offsetSource, Len: 4},
		&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: from.AsSlice()},
	}
}

func does(e ...expr.Any) []expr.Any { return e }
