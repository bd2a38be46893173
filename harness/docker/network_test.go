package docker

import (
	"net"
	"net/netip"
	"testing"
)

func TestSubnetsArePrivateAndHoldNodes(t *testing.T) {
	private := netip.MustParsePrefix("10.128.0.0/9")
	for range 100 {
		subnet := randomSubnet()
		if !private.Overlaps(subnet) || subnet.Bits() != 24 || subnet != subnet.Masked() {
			t.Fatalf("subnet %s", subnet)
		}
		if first := hostAddress(subnet, 0); !subnet.Contains(first) || first.As4()[3] != firstHost {
			t.Fatalf("first node of %s at %s", subnet, first)
		}
	}
}

func TestSubnetsWithAnAddressOfThisMachineAreInUse(t *testing.T) {
	mine := []net.Addr{&net.IPNet{IP: net.IPv4(10, 1, 2, 3), Mask: net.CIDRMask(16, 32)}}
	for subnet, want := range map[string]bool{"10.1.77.0/24": true, "10.0.0.0/8": true, "10.2.2.0/24": false} {
		if got := inUse(netip.MustParsePrefix(subnet), mine); got != want {
			t.Errorf("%s: got %v, want %v", subnet, got, want)
		}
	}
}
