package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/assaykit/assay/workloads"
)

const (
	// connecting bounds how long a server that does not answer is waited for.
	connecting = time.Second
	// heartbeat is the interval of the signs of life; a connection without them is
	// given up after two.
	heartbeat = 2 * time.Second
)

// line is a connection to one server with one channel. Once either is closed, the line
// is of no more use.
type line struct {
	connection *amqp.Connection
	channel    *amqp.Channel
	// returned are the messages that the server gave back.
	returned chan amqp.Return
	declared map[string]bool
}

// open connects. Nothing that a client asked for has been sent when it fails.
func open(ctx context.Context, address string, confirms bool) (*line, error) {
	l, err := connect(ctx, address, confirms)
	if err != nil {
		return nil, workloads.NoEffect(fmt.Errorf("never sent: %w", err))
	}
	return l, nil
}

func connect(ctx context.Context, address string, confirms bool) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*connecting)
	defer cancel()
	connection, err := amqp.DialConfig("amqp://guest:guest@"+address+"/", amqp.Config{
		Heartbeat: heartbeat,
		Dial: func(network, address string) (net.Conn, error) {
			dialed, err := (&net.Dialer{Timeout: connecting}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			end, _ := ctx.Deadline()
			return dialed, dialed.SetDeadline(end) // the library lifts it once it has shaken hands
		},
	})
	if err != nil {
		return nil, err
	}
	l := &line{connection: connection, declared: map[string]bool{}}
	_, err = within(ctx, l, func() (none struct{}, err error) { return none, l.openChannel(confirms) })
	if err != nil {
		l.hangUp()
		return nil, err
	}
	return l, nil
}

func (l *line) openChannel(confirms bool) (err error) {
	if l.channel, err = l.connection.Channel(); err != nil {
		return err
	}
	l.returned = l.channel.NotifyReturn(make(chan amqp.Return, 8))
	if confirms {
		return l.channel.Confirm(false)
	}
	return nil
}

// closed says that the line is of no more use.
func (l *line) closed() bool {
	return l.connection.IsClosed() || l.channel.IsClosed()
}

// hangUp closes the connection without waiting for the server: what was got and not
// acknowledged comes again.
func (l *line) hangUp() { _ = l.connection.CloseDeadline(time.Now().Add(connecting)) }

// errLeft is about a request whose answer nobody waited for.
var errLeft = errors.New("no answer in time")

// within executes requests for as long as the context allows. The library knows no
// contexts: when this one ends first, the line is hung up, and nobody knows what became
// of the request.
func within[T any](ctx context.Context, l *line, requests func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		value, err := requests()
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		go l.hangUp()
		var none T
		return none, fmt.Errorf("%w: %w", errLeft, context.Cause(ctx))
	}
}
