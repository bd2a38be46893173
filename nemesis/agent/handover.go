//go:build linux

package agent

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"

	"github.com/assaykit/assay/nemesis/agent/packet"
)

// makeHandover makes the chain that hands over whatever comes into it, but for the
// engine's own copies, to packet.Queue. If nobody listens there any more the
// packets pass.
func (w *firewall) makeHandover() error {
	if w.handover != nil {
		return nil
	}
	var errs []error
	for _, queue := range []expr.Any{nativeQueue(), compatibleQueue()} {
		chain := w.conn.AddChain(&nftables.Chain{Name: "handover", Table: w.table})
		w.add(chain, isCopy(), does(&expr.Verdict{Kind: expr.VerdictReturn}))
		w.add(chain, does(queue))
		err := w.flush()
		if err == nil {
			w.handover = chain
			return nil
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("hand packets over to a queue: %w", errors.Join(errs...))
}

func nativeQueue() expr.Any {
	return &expr.Queue{Num: packet.Queue, Flag: expr.QueueFlagBypass}
}

// compatibleQueue is the target of iptables, for kernels without the expression of
// nftables: struct xt_NFQ_info_v3 has the number of the queue, how many there are,
// and flags (NFQ_FLAG_BYPASS).
func compatibleQueue() expr.Any {
	info := binary.NativeEndian.AppendUint16(nil, packet.Queue)
	info = binary.NativeEndian.AppendUint16(info, 1)
	info = binary.NativeEndian.AppendUint16(info, 1)
	info = append(info, 0, 0) // padding
	target := xt.Unknown(info)
	return &expr.Target{Name: "NFQUEUE", Rev: 3, Info: &target}
}

// isCopy matches what the engine sends.
func isCopy() []expr.Any {
	mark := binary.NativeEndian.AppendUint32(nil, packet.Mark)
	return does(
		&expr.Meta{Key: expr.MetaKeyMARK, Register: 1},
		&expr.Cmp{Register: 1, Op: expr.CmpOpEq, Data: mark},
	)
}
