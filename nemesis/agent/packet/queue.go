//go:build linux

package packet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The messages and attributes of nfnetlink_queue, from the kernel's
// include/uapi/linux/netfilter/nfnetlink_queue.h.
const (
	messagePacket  = unix.NFNL_SUBSYS_QUEUE << 8   // NFQNL_MSG_PACKET, which is 0
	messageVerdict = unix.NFNL_SUBSYS_QUEUE<<8 | 1 // NFQNL_MSG_VERDICT
	messageConfig  = unix.NFNL_SUBSYS_QUEUE<<8 | 2 // NFQNL_MSG_CONFIG

	attributeKinds = 0x3fff // NLA_TYPE_MASK: the rest are flags

	attributePacketHeader  = 1  // NFQA_PACKET_HDR
	attributeVerdictHeader = 2  // NFQA_VERDICT_HDR
	attributePayload       = 10 // NFQA_PAYLOAD

	configCommand = 1 // NFQA_CFG_CMD
	configMode    = 2 // NFQA_CFG_PARAMS
	configLength  = 3 // NFQA_CFG_QUEUE_MAXLEN
	configMask    = 4 // NFQA_CFG_MASK
	configFlags   = 5 // NFQA_CFG_FLAGS

	commandBind = 1 // NFQNL_CFG_CMD_BIND
	copyPackets = 2 // NFQNL_COPY_PACKET
	// failOpen (NFQA_CFG_F_FAIL_OPEN) lets packets pass that find no place.
	failOpen = 1

	verdictDrop   = 0 // NF_DROP
	verdictAccept = 1 // NF_ACCEPT
)

const (
	lengthHeaders   = unix.NLMSG_HDRLEN + 4 // of netlink, and struct nfgenmsg
	lengthAttribute = 4
	// longestMessage is more than a packet of 64 KiB with its attributes.
	longestMessage = 128 << 10
	// mostQueued is how many packets the kernel keeps.
	mostQueued = 1 << 16
	// receiveSpace is for packets that arrive while the engine does not run.
	receiveSpace = 16 << 20
	// fullBatch is at how many bytes verdicts are sent without waiting for more.
	fullBatch = 32 << 10
)

// queue is a netfilter queue: the kernel hands over packets and keeps each until
// it is told what to do with it.
type queue struct {
	socket int
	number uint16
	// verdicts are those that were not sent yet.
	verdicts []byte
	buffer   []byte
}

// openQueue binds a queue in the namespace of the calling thread.
func openQueue(number uint16) (*queue, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, fmt.Errorf("open a netlink socket: %w", err)
	}
	q := &queue{socket: socket, number: number, buffer: make([]byte, longestMessage)}
	if err := q.configure(); err != nil {
		return nil, errors.Join(fmt.Errorf("bind a packet queue: %w", err), q.close())
	}
	return q, nil
}

func (q *queue) configure() error {
	if err := unix.Bind(q.socket, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	// Without the privilege to force it the space is what the kernel permits.
	if unix.SetsockoptInt(q.socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveSpace) != nil {
		_ = unix.SetsockoptInt(q.socket, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveSpace)
	}
	if err := q.ask(attribute(nil, configCommand, []byte{commandBind, 0, 0, 0})); err != nil {
		return err
	}
	settings := attribute(nil, configMode, []byte{0, 0, 0xff, 0xff, copyPackets})
	settings = attribute(settings, configLength, binary.BigEndian.AppendUint32(nil, mostQueued))
	settings = attribute(settings, configFlags, binary.BigEndian.AppendUint32(nil, failOpen))
	settings = attribute(settings, configMask, binary.BigEndian.AppendUint32(nil, failOpen))
	return q.ask(settings)
}

// ask sends a configuration and waits for the kernel's consent. It answers before
// the call that sends returns.
func (q *queue) ask(attributes []byte) error {
	m := message(messageConfig, unix.NLM_F_REQUEST|unix.NLM_F_ACK, q.number, attributes)
	if err := q.send(m); err != nil {
		return err
	}
	for {
		n, _, err := unix.Recvfrom(q.socket, q.buffer, 0)
		if err != nil {
			return os.NewSyscallError("receive", err)
		}
		answer := q.buffer[:n]
		if n < lengthHeaders || binary.NativeEndian.Uint16(answer[4:]) != unix.NLMSG_ERROR {
			continue // a packet: the queue is bound already
		}
		if code := int32(binary.NativeEndian.Uint32(answer[unix.NLMSG_HDRLEN:])); code != 0 {
			return syscall.Errno(-code)
		}
		return nil
	}
}

func (q *queue) send(m []byte) error {
	err := unix.Sendto(q.socket, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	return os.NewSyscallError("send", err)
}

func (q *queue) close() error { return unix.Close(q.socket) }

// receive calls handle with the packets of the next message, and returns false
// when there is none. The payload is valid during the call.
func (q *queue) receive(handle func(id uint32, payload []byte)) bool {
	n, _, err := unix.Recvfrom(q.socket, q.buffer, 0)
	if err != nil {
		// ENOBUFS: packets were lost on the way here. There may be more.
		return errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EINTR)
	}
	for rest := q.buffer[:n]; len(rest) >= lengthHeaders; {
		length := int(binary.NativeEndian.Uint32(rest))
		if length < lengthHeaders || length > len(rest) {
			break
		}
		if binary.NativeEndian.Uint16(rest[4:]) == messagePacket {
			if id, payload, ok := parse(rest[lengthHeaders:length]); ok {
				handle(id, payload)
			}
		}
		rest = rest[min(aligned(length), len(rest)):]
	}
	return true
}

// parse finds number and bytes of a packet among attributes.
func parse(attributes []byte) (id uint32, payload []byte, ok bool) {
	for len(attributes) >= lengthAttribute {
		length := int(binary.NativeEndian.Uint16(attributes))
		kind := binary.NativeEndian.Uint16(attributes[2:]) & attributeKinds
		if length < lengthAttribute || length > len(attributes) {
			break
		}
		switch body := attributes[lengthAttribute:length]; {
		case kind == attributePacketHeader && len(body) >= 4:
			id, ok = binary.BigEndian.Uint32(body), true
		case kind == attributePayload:
			payload = body
		}
		attributes = attributes[min(aligned(length), len(attributes)):]
	}
	return id, payload, ok
}

// decide says what the kernel shall do with a packet; a payload takes the place
// of the packet's bytes. flush sends what was decided.
func (q *queue) decide(id, verdict uint32, payload []byte) {
	header := binary.BigEndian.AppendUint32(nil, verdict)
	attributes := attribute(nil, attributeVerdictHeader, binary.BigEndian.AppendUint32(header, id))
	if payload != nil {
		attributes = attribute(attributes, attributePayload, payload)
	}
	q.verdicts = append(q.verdicts, message(messageVerdict, unix.NLM_F_REQUEST, q.number, attributes)...)
	if len(q.verdicts) > fullBatch {
		q.flush()
	}
}

// flush sends the verdicts. Those on packets that the kernel has given up do
// nothing; there is no other way in which it could fail.
func (q *queue) flush() {
	if len(q.verdicts) > 0 {
		_ = q.send(q.verdicts)
		q.verdicts = q.verdicts[:0]
	}
}

func message(kind, flags, number uint16, attributes []byte) []byte {
	m := binary.NativeEndian.AppendUint32(nil, uint32(lengthHeaders+len(attributes)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	m = binary.NativeEndian.AppendUint16(m, flags)
	m = append(m, make([]byte, 8)...) // sequence number and port
	m = append(m, unix.AF_UNSPEC, unix.NFNETLINK_V0)
	m = binary.BigEndian.AppendUint16(m, number)
	return append(m, attributes...)
}

func attribute(to []byte, kind uint16, body []byte) []byte {
	length := lengthAttribute + len(body)
	to = binary.NativeEndian.AppendUint16(to, uint16(length))
	to = binary.NativeEndian.AppendUint16(to, kind)
	to = append(to, body...)
	return append(to, make([]byte, aligned(length)-length)...)
}

// aligned rounds up to the next word, at which netlink puts things.
func aligned(n int) int { return (n + 3) &^ 3 }
