//go:build linux

package agent

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/assaykit/assay/nemesis/agent/protocol"
)

// namespace is a network namespace, held open. The zero value is the agent's own, which
// it is in without entering it, and for which it needs no privilege.
type namespace struct{ file *os.File }

// openNamespace opens the network namespace of a node and makes sure that it is
// the node's: its process may have ended and its number may have passed to a
// process of the host, whose network must not be touched.
func openNamespace(node protocol.Node) (namespace, error) {
	if node.PID == 0 {
		return namespace{}, hasAddress(node.Address)
	}
	file, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", node.PID))
	if err != nil {
		return namespace{}, fmt.Errorf("process %d: %w", node.PID, err)
	}
	ns := namespace{file}
	if err := ns.enter(func() error { return hasAddress(node.Address) }); err != nil {
		return namespace{}, errors.Join(fmt.Errorf("process %d: %w", node.PID, err), file.Close())
	}
	return ns, nil
}

// newNamespace makes an empty namespace with a working loopback interface. It
// vanishes when it is closed.
func newNamespace() (namespace, error) {
	var ns namespace
	err := onOwnThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		file, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return err
		}
		ns = namespace{file}
		return raiseLoopback()
	})
	if err != nil && ns.file != nil {
		err = errors.Join(err, ns.close())
	}
	return ns, err
}

func (ns namespace) close() error {
	if ns.file == nil {
		return nil
	}
	return ns.file.Close()
}

// enter calls f within the namespace. Sockets that f opens stay in it.
func (ns namespace) enter(f func() error) error {
	if ns.file == nil {
		return f()
	}
	return onOwnThread(func() error {
		if err := unix.Setns(int(ns.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter the network namespace: %w", err)
		}
		return f()
	})
}

// onOwnThread calls f on a thread that ends with it, because a thread that has
// changed its namespace must not serve other goroutines.
func onOwnThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked, so the thread ends with the goroutine
		done <- f()
	}()
	return <-done
}

// ownNamespace is the agent's own, provided that it has no interface but the loopback:
// then it is nobody's.
func ownNamespace() (namespace, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return namespace{}, fmt.Errorf("list interfaces: %w", err)
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
			return namespace{}, fmt.Errorf("the agent's own network has an interface %s: it belongs to somebody", i.Name)
		}
	}
	return namespace{}, nil
}

func hasAddress(want netip.Addr) error {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	if !slices.ContainsFunc(addresses, func(a net.Addr) bool { return isAddress(a, want) }) {
		return fmt.Errorf("its network has no address %s: it does not belong to the node", want)
	}
	return nil
}

func isAddress(a net.Addr, want netip.Addr) bool {
	prefix, err := netip.ParsePrefix(a.String())
	return err == nil && prefix.Addr() == want
}

// raiseLoopback brings up the loopback interface of the thread's namespace.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("raise the loopback interface: %w", err)
	}
	return nil
}
