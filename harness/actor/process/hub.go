package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// hub accepts the connections of other nodes and delivers what comes in. A
// frame that makes no sense ends its connection: after it nobody knows where
// the next one begins.
type hub struct {
	listener net.Listener
	codec    codec
	deliver  func(ctx context.Context, payload []byte) error
	log      *log.Logger
	// senseless counts the frames that ended a connection.
	senseless atomic.Int64
}

func (h *hub) run(ctx context.Context) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	defer context.AfterFunc(ctx, func() { h.listener.Close() })()
	for {
		conn, err := h.listener.Accept()
		switch {
		case err == nil:
			conns.Go(func() { h.serve(ctx, conn) })
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept a peer: %w", err)
		default:
			// Out of file descriptors, or a connection gone before it was taken: both
			// pass.
			h.log.Printf("accept a peer: %v", err)
			rest(ctx, 10*time.Millisecond)
		}
	}
}

// serve reads a peer's connection until it ends.
func (h *hub) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	err := h.read(ctx, patient{conn})
	if ordinary(err) || ctx.Err() != nil {
		return
	}
	h.log.Printf("connection from %s closed: %v (%d so far)", conn.RemoteAddr(), err, h.senseless.Add(1))
}

// read delivers messages and answers heartbeats, which are empty payloads.
func (h *hub) read(ctx context.Context, conn net.Conn) error {
	r := bufio.NewReader(conn)
	heartbeat := h.codec.append(nil, nil)
	for {
		payload, err := h.codec.read(r)
		if err != nil {
			return err
		}
		if len(payload) > 0 {
			err = h.deliver(ctx, payload)
		} else {
			_, err = conn.Write(heartbeat)
		}
		if err != nil {
			return err
		}
	}
}

// ordinary tells whether a connection ended as connections do.
func ordinary(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network)
}
