package program

import (
	"net"
	"sync"
	"sync/atomic"
)

// silent is a service that accepts every connection, reads what comes and never
// answers.
type silent struct {
	listener net.Listener
	bytes    atomic.Int64
	serving  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func listenSilently() (*silent, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &silent{listener: listener}
	s.serving.Go(s.accept)
	return s, nil
}

func (s *silent) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // it is closed
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		s.serving.Go(func() { s.listen(conn) })
	}
}

func (s *silent) listen(conn net.Conn) {
	space := make([]byte, 4096)
	for {
		n, err := conn.Read(space)
		s.bytes.Add(int64(n))
		if err != nil {
			return
		}
	}
}

func (s *silent) address() string { return s.listener.Addr().String() }

// heard is how many bytes have come.
func (s *silent) heard() int64 { return s.bytes.Load() }

func (s *silent) close() {
	s.listener.Close()
	s.mu.Lock()
	for _, conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}
