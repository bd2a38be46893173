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
	// handover is the chain that hands packets to the engine, made when it is
	// first needed, so that a kernel that lacks something for it can still drop.
	handover *nftables.Chain
	// holds are the rules in force; empty says that there are none.
	holds ruleset
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

// replace makes exactly these rules hold, in one transaction. Rules that stay as
// they are cost nothing.
func (w *firewall) replace(peers []netip.Addr, rules []protocol.Rule) error {
	wanted := sortRules(peers, rules)
	if wanted.equal(w.holds) {
		return nil
	}
	if wanted.queues() {
		if err := w.makeHandover(); err != nil {
			return err
		}
	}
	if !w.empty { // a deletion costs some ten milliseconds
		w.conn.FlushChain(w.arrival)
	}
	for _, r := range wanted.rules {
		w.cut(fromSource(r.From, wanted.peers), r.Cut)
		if r.Shape.Changes() {
			w.add(w.arrival, fromSource(r.From, wanted.peers), jump(w.handover))
		}
	}
	if err := w.flush(); err != nil {
		return fmt.Errorf("replace rules: %w", err)
	}
	w.holds, w.empty = wanted, len(wanted.rules) == 0
	return nil
}

// cut adds the rules that cut off a source. A reset has to come through, because
// it is how the other side says that it cuts.
func (w *firewall) cut(source []expr.Any, how string) {
	switch how {
	case protocol.Drop:
		w.add(w.arrival, source, does(&expr.Verdict{Kind: expr.VerdictDrop}))
	case protocol.Reject:
		w.add(w.arrival, source, isTCP(flagReset, flagReset), does(&expr.Verdict{Kind: expr.VerdictAccept}))
		w.add(w.arrival, source, isTCP(0, 0), does(&expr.Reject{Type: unix.NFT_REJECT_TCP_RST}))
		w.add(w.arrival, source, does(&expr.Verdict{Kind: expr.VerdictDrop}))
	case protocol.New:
		w.add(w.arrival, source, isTCP(flagOpen|flagAcknowledge, flagOpen), does(&expr.Verdict{Kind: expr.VerdictDrop}))
	}
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

// fromSource matches packets from a peer, or from everybody who is neither a peer
// nor the node itself.
func fromSource(from netip.Addr, peers []netip.Addr) []expr.Any {
	load := &expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offsetSource, Len: 4}
	if from != protocol.Strangers {
		return does(load, &expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: from.AsSlice()})
	}
	match := does(load)
	for _, peer := range peers {
		match = append(match, &expr.Cmp{Register: 1, Op: expr.CmpOpNeq, Data: peer.AsSlice()})
	}
	return append(match,
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: []byte{0xff, 0, 0, 0}, Xor: make([]byte, 4)},
		&expr.Cmp{Register: 1, Op: expr.CmpOpNeq, Data: []byte{127, 0, 0, 0}})
}

// The flags of TCP, and where its header has them.
const (
	offsetTCPFlags  = 13
	flagOpen        = 0x02 // SYN
	flagReset       = 0x04
	flagAcknowledge = 0x10
)

// isTCP matches TCP packets whose flags under the mask are these.
func isTCP(mask, flags byte) []expr.Any {
	return does(
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
		&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: []byte{unix.IPPROTO_TCP}},
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: offsetTCPFlags, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{mask}, Xor: []byte{0}},
		&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: []byte{flags}},
	)
}

func jump(to *nftables.Chain) []expr.Any {
	return does(&expr.Verdict{Kind: expr.VerdictJump, Chain: to.Name})
}

func does(e ...expr.Any) []expr.Any { return e }
