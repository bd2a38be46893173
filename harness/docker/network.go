package docker

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
)

// attempts bounds the search for something that is free: a subnet, a port.
const attempts = 20

// firstHost is the host part of the first node's address; lower ones are the
// gateway's and the engine's.
const firstHost = 11

// createNetwork makes a bridge network of one cluster. Its subnet is fixed, so
// that nodes keep their addresses over restarts.
func (e *Engine) createNetwork(ctx context.Context, name string, labels map[string]string) (netip.Prefix, error) {
	if err := context.Cause(ctx); err != nil {
		return netip.Prefix{}, err
	}
	ctx, cancel := uninterrupted(ctx, makingTakes)
	defer cancel()
	// If this machine's addresses cannot be listed, the engine's word is enough.
	mine, _ := net.InterfaceAddrs()
	var err error
	for range attempts {
		subnet := randomSubnet()
		if inUse(subnet, mine) {
			continue
		}
		_, err = e.api.NetworkCreate(ctx, name, network.CreateOptions{
			Driver: "bridge", Labels: labels,
			IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: subnet.String()}}},
		})
		if err == nil || !overlaps(err) {
			return subnet, err
		}
	}
	return netip.Prefix{}, fmt.Errorf("no free subnet within 10.0.0.0/8 in %d attempts; `assay clean` removes those of dead runs: %w", attempts, err)
}

// overlaps says whether the engine refused a subnet because another network has
// it. There is no error of a kind of its own for this.
func overlaps(err error) bool {
	return strings.Contains(err.Error(), "overlap")
}

// randomSubnet is private, as some systems insist on for their peers, and outside
// of the ranges from which engines serve networks that name no subnet.
func randomSubnet() netip.Prefix {
	address := netip.AddrFrom4([4]byte{10, byte(128 + rand.IntN(128)), byte(rand.IntN(256)), 0})
	return netip.PrefixFrom(address, 24)
}

// inUse says whether one of the addresses is in the subnet, that of a tunnel for
// instance.
func inUse(subnet netip.Prefix, addresses []net.Addr) bool {
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Masked().Overlaps(subnet)
	})
}

// hostAddress is the address of the i-th node, from 0.
func hostAddress(subnet netip.Prefix, i int) netip.Addr {
	four := subnet.Addr().As4()
	four[3] += byte(firstHost + i)
	return netip.AddrFrom4(four)
}

// gateway is the address that the engine itself takes in a network that it makes.
func gateway(subnet netip.Prefix) netip.Addr { return subnet.Addr().Next() }

// removeNetwork removes a network. The engine may take a moment to notice that
// its containers have gone.
func (e *Engine) removeNetwork(ctx context.Context, id string) error {
	return eventually(ctx, func() (bool, error) {
		err := e.api.NetworkRemove(ctx, id)
		if err == nil || cerrdefs.IsNotFound(err) {
			return true, nil
		}
		busy := cerrdefs.IsConflict(err) || cerrdefs.IsPermissionDenied(err) || strings.Contains(err.Error(), "active endpoints")
		return !busy, err
	})
}
