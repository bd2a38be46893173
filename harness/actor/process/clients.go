package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxBody is how long a client's request may be.
const maxBody = 1 << 20

// requestPatience is how long a request may stay without an answer. It is far
// longer than any client waits, and keeps forgotten requests from piling up.
const requestPatience = time.Minute

// clients serves HTTP: POST /request hands the body to the actor and answers
// 200 with its reply, GET /healthz answers 200 as soon as the node has started.
// Any other status than 200 for a request leaves open whether it took effect,
// except that 405 and 413 mean that the actor never saw it.
type clients struct {
	listener net.Listener
	log      *log.Logger

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan<- []byte
}

func newClients(l net.Listener, log *log.Logger) *clients {
	return &clients{listener: l, log: log, waiting: make(map[uint64]chan<- []byte)}
}

// submit hands a request to the actor; it may wait for room.
type submit func(ctx context.Context, id uint64, body []byte) error

func (c *clients) run(ctx context.Context, submit submit) error {
	server := &http.Server{
		Handler:           c.handler(submit),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      requestPatience + 10*time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          c.log,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		shutDown(server)
	})
	err := server.Serve(c.listener)
	if !stop() {
		<-stopped
		return nil
	}
	return fmt.Errorf("serve clients: %w", err)
}

// shutDown lets the handlers end, whose context has ended already.
func shutDown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
}

func (c *clients) handler(submit submit) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("POST /request", func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, submit) })
	return mux
}

func (c *clients) serve(w http.ResponseWriter, r *http.Request, submit submit) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	answer, err := c.ask(ctx, body, submit)
	if err != nil {
		http.Error(w, "no answer, the outcome is unknown", http.StatusGatewayTimeout)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// An answer that does not arrive is the client's to notice.
	_, _ = w.Write(answer)
}

func refuse(w http.ResponseWriter, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	http.Error(w, err.Error(), http.StatusBadRequest)
}

// ask hands a request to the actor and waits for its reply. A request whose
// client has gone is forgotten; its reply is then dropped.
func (c *clients) ask(ctx context.Context, body []byte, submit submit) ([]byte, error) {
	id, answer := c.expect()
	defer c.forget(id)
	if err := submit(ctx, id, body); err != nil {
		return nil, err
	}
	select {
	case body := <-answer:
		return body, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *clients) expect() (id uint64, answer <-chan []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	// Room for the one answer, so that reply never blocks.
	room := make(chan []byte, 1)
	c.waiting[c.last] = room
	return c.last, room
}

func (c *clients) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

func (c *clients) reply(request uint64, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if room, there := c.waiting[request]; there {
		delete(c.waiting, request)
		room <- body
	}
}
