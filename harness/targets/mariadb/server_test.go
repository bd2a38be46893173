package mariadb

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// server speaks MySQL's protocol and answers every statement as the test says: the real
// one cannot be made to give most of the answers.
type server struct {
	address string
	// answer is the error that a statement, known by its first word, is answered with;
	// 0 is success, and silent no answer at all.
	answer func(statement string) uint16
	// value is what a statement reads, "" if that is nothing. It is asked for a whole
	// statement that was answered with success, over a connection.
	value func(conn net.Conn, statement string) string

	mu    sync.Mutex
	conns []net.Conn
}

const silent = 65535

func serve(t *testing.T) *server {
	t.Helper()
	l := listen(t)
	s := &server{
		address: l.Addr().String(),
		answer:  func(string) uint16 { return 0 },
		value:   func(net.Conn, string) string { return "" },
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			all.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); s.hangUp(); all.Wait() })
	return s
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
}

const query = 3 // COM_QUERY

// talk serves one connection until it breaks.
func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	if send(conn, 0, greeting()) != nil {
		return
	}
	if _, err := receive(conn); err != nil {
		return
	}
	if send(conn, 2, success()) != nil {
		return
	}
	for {
		packet, err := receive(conn)
		if err != nil || len(packet) == 0 || packet[0] != query {
			return
		}
		word, _, _ := strings.Cut(string(packet[1:]), " ")
		answer := [][]byte{success()}
		switch code := s.answer(word); code {
		case 0:
			if value := s.value(conn, string(packet[1:])); value != "" {
				answer = textRow(value)
			}
		case silent:
			continue
		default:
			answer = [][]byte{failure(code)}
		}
		for i, packet := range answer {
			if send(conn, byte(i+1), packet) != nil {
				return
			}
		}
	}
}

// greeting is a server's first packet: version, a connection's number, what it can do,
// and a challenge of twenty bytes for a password that it will not check.
func greeting() []byte {
	const capabilities = 1<<0 | 1<<1 | 1<<3 | 1<<9 | 1<<13 | 1<<15 | 1<<19
	p := append([]byte{10}, "10.11.0-MariaDB\x00"...)
	p = binary.LittleEndian.AppendUint32(p, 1)
	p = append(p, "12345678\x00"...)
	p = binary.LittleEndian.AppendUint16(p, uint16(capabilities&0xffff))
	p = append(p, 45)
	p = binary.LittleEndian.AppendUint16(p, 2)
	p = binary.LittleEndian.AppendUint16(p, uint16(capabilities>>16))
	p = append(p, 21)
	p = append(p, make([]byte, 10)...)
	return append(p, "123456789012\x00mysql_native_password\x00"...)
}

// success is the answer to a statement that changed one row.
func success() []byte { return []byte{0, 1, 0, 2, 0, 0, 0} }

// textRow is the answer to a statement that reads one text: how many columns there are, what
// they are, and the rows, each list with an end.
func textRow(value string) [][]byte {
	column := []byte{3, 'd', 'e', 'f', 0, 0, 0, 1, 'v', 0, 12, 45, 0, 255, 0, 0, 0, 253, 0, 0, 0, 0, 0}
	end := []byte{254, 0, 0, 2, 0}
	return [][]byte{{1}, column, end, append([]byte{byte(len(value))}, value...), end}
}

func failure(code uint16) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{255}, code), "#HY000as the test says"...)
}

func send(conn net.Conn, sequence byte, packet []byte) error {
	n := len(packet)
	_, err := conn.Write(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, packet...))
	return err
}

func receive(conn net.Conn) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(conn, header[:]); err != nil {
		return nil, err
	}
	packet := make([]byte, int(header[0])|int(header[1])<<8|int(header[2])<<16)
	_, err := io.ReadFull(conn, packet)
	return packet, err
}
