package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
)

// ErrSilent means that the engine accepts requests and does not answer them. It is not
// the machine that is slow: an engine that locks itself up stays so for good.
var ErrSilent = errors.New("the engine does not answer: it hangs, restart it (`systemctl restart docker`, or Docker Desktop), then `assay clean` removes what was left")

// answering is how long the engine may take to answer a question. For what it has to do
// it may take twice as long.
const answering = time.Minute

// newClient makes a client each of whose requests is answered or fails with ErrSilent.
func newClient(limit time.Duration, options ...client.Opt) (*client.Client, error) {
	var line *http.Client
	keep := func(c *client.Client) error {
		line = c.HTTPClient() // a copy, which takes the original's place
		if t, ok := line.Transport.(*http.Transport); ok {
			t.DialContext = breakable(t.DialContext)
		}
		return client.WithHTTPClient(line)(c)
	}
	api, err := client.NewClientWithOpts(append(options, keep)...)
	if err != nil {
		return nil, err
	}
	// Not before, because the client looks into its transport when it is made.
	line.Transport = patient{line.Transport, limit}
	return api, nil
}

// patient passes requests on, and ends those that are not answered.
type patient struct {
	next  http.RoundTripper
	limit time.Duration
}

// RoundTrip implements http.RoundTripper. An answer that is a stream has come when it
// begins, any other when it has been read.
func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	limit := p.limitOf(r)
	if limit == 0 {
		return p.next.RoundTrip(r)
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	giveUp := time.AfterFunc(limit, func() {
		cancel(fmt.Errorf("%w (%s %s, within %s)", ErrSilent, r.Method, r.URL.Path, limit))
	})
	answer, err := p.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		giveUp.Stop()
		defer cancel(nil)
		return nil, silentOr(ctx, err)
	}
	if streams(r) {
		giveUp.Stop()
	}
	answer.Body = &bounded{answer.Body, ctx, func() { giveUp.Stop(); cancel(nil) }}
	return answer, nil
}

// limitOf is 0 for requests that take as long as a network or a disk does.
func (p patient) limitOf(r *http.Request) time.Duration {
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return p.limit
	case strings.HasSuffix(r.URL.Path, "/images/create"): // pulls, and imports
		return 0
	}
	return 2 * p.limit
}

// streams says whether an answer comes as it comes.
func streams(r *http.Request) bool {
	for _, end := range []string{"/logs", "/wait", "/archive"} {
		if strings.HasSuffix(r.URL.Path, end) {
			return true
		}
	}
	return false
}

// silentOr is ErrSilent if that is why a request was ended.
func silentOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, ErrSilent) {
		return cause
	}
	return err
}

// bounded is the body of an answer.
type bounded struct {
	io.ReadCloser
	ctx  context.Context
	done func()
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = silentOr(b.ctx, err)
	}
	return n, err
}

func (b *bounded) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}

// attach attaches to a container. The client does not look at the context of this one
// request any more once it has dialled, so that the connection itself is broken.
func (e *Engine) attach(ctx context.Context, id string, o container.AttachOptions) (types.HijackedResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.limit, fmt.Errorf("%w (attach to a container, within %s)", ErrSilent, e.limit))
	defer cancel()
	spared := func() bool { return true }
	line, err := e.api.ContainerAttach(context.WithValue(ctx, breaking{}, &spared), id, o)
	if !spared() && err == nil {
		line.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		return line, silentOr(ctx, err)
	}
	return line, nil
}

// breaking is the key of a context's value under which breakable leaves how to spare
// the connection.
type breaking struct{}

type dial func(ctx context.Context, network, address string) (net.Conn, error)

// breakable makes connections that end with the context that they were dialled for, if
// it asks for that, unless they are spared before.
func breakable(next dial) dial {
	if next == nil {
		next = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		if spared, asked := ctx.Value(breaking{}).(*func() bool); asked && err == nil {
			*spared = context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	}
}
