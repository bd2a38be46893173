// Package interrupt gives Ctrl-C its two meanings: once, stop in good order;
// twice, leave at once. SIGTERM means the same.
package interrupt

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Watch returns a context that ends with the first signal, right after first
// was called; the second signal calls second, which should not return. Stop
// ends the watch, gives the signals their usual meaning back, and waits until
// neither function is running.
//
// Meanwhile whoever reads what is printed may go, as head does: what has been started
// has to be ended in order all the same.
func Watch(parent context.Context, first, second func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	// To be told of it is what keeps it from ending the process; to ignore it would be
	// inherited by child processes.
	unread := make(chan os.Signal, 1)
	signal.Notify(unread, syscall.SIGPIPE)
	stopped, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		react(signals, stopped, func() { first(); cancel() }, second)
	}()
	return ctx, func() {
		signal.Stop(signals)
		signal.Stop(unread)
		close(stopped)
		<-done
		cancel()
	}
}

func react(signals <-chan os.Signal, stopped <-chan struct{}, reactions ...func()) {
	for _, reaction := range reactions {
		select {
		case <-signals:
			reaction()
		case <-stopped:
			return
		}
	}
}
