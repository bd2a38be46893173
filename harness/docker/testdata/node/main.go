// Command node is the system under test of harness/docker's own tests. Nodes
// echo lines to each other over connections that they keep; a client tells a
// node what to send. It counts its starts in /data.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	log.SetFlags(0)
	client := flag.String("client", "", "address for clients")
	peer := flag.String("peer", "", "address for peers")
	data := flag.String("data", "", "folder for data")
	flag.Parse()
	starts, err := countStart(*data + "/starts")
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("start %d", starts)
	listener, err := net.Listen("tcp", *peer)
	if err != nil {
		log.Fatal(err)
	}
	go echo(listener)
	n := &node{lines: map[string]*line{}}
	http.HandleFunc("GET /starts", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, starts) })
	http.HandleFunc("GET /time", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, time.Now().UnixNano()) })
	http.HandleFunc("POST /send/{to}", n.send)
	serveDisk(*data)
	log.Fatal(http.ListenAndServe(*client, nil))
}

func countStart(path string) (int, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := f.WriteString("x"); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	return int(info.Size()), err
}

func echo(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go io.Copy(conn, conn)
	}
}

// node keeps one line to each peer for ever, so that a test sees whether an open
// connection survives.
type node struct {
	mu    sync.Mutex
	lines map[string]*line
}

type line struct {
	conn    net.Conn
	answers *bufio.Reader
	// owed is how many answers have not arrived yet.
	owed int
}

// send sends a line to a peer (?address=) and answers with its echo, or with
// "timeout" after ?patience=.
func (n *node) send(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	patience, err := time.ParseDuration(r.FormValue("patience"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		body, err = n.transmit(r.PathValue("to"), r.FormValue("address"), body, patience)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		fmt.Fprint(w, "timeout")
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Write(body)
}

func (n *node) transmit(to, address string, body []byte, patience time.Duration) ([]byte, error) {
	l := n.lines[to]
	if l == nil {
		conn, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			return nil, err
		}
		l = &line{conn: conn, answers: bufio.NewReader(conn)}
		n.lines[to] = l
	}
	l.owed++
	if _, err := fmt.Fprintf(l.conn, "%s\n", body); err != nil {
		return nil, err
	}
	l.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		answer, err := l.answers.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if l.owed--; l.owed == 0 {
			return answer[:len(answer)-1], nil
		}
	}
}
