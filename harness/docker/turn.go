package docker

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// waiting is how long a process waits for its turn. It may be that somebody who was
// stopped keeps it; then going on is the lesser evil.
const waiting = 30 * time.Second

// inTurn does something while no other process of this user does such a thing to the
// same engine. An engine (20.10) that has to take several containers off one network at
// the same moment may lock itself up for good, and agents of all runs share the network
// "none". The turn is that of the engine, not of the folder in which claims are kept,
// because runs of other folders use the same engine. It ends with the process.
func (e *Engine) inTurn(ctx context.Context, do func() error) error {
	lock, err := e.awaitTurn(ctx)
	if err == nil {
		defer lock.Close()
	}
	return do()
}

// awaitTurn gives up after a while, and where there is no place for a lock.
func (e *Engine) awaitTurn(ctx context.Context) (*os.File, error) {
	file, err := os.OpenFile(e.turnPath(), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, waiting)
	defer cancel()
	err = eventually(ctx, func() (bool, error) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		taken := errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR)
		return !taken, err
	})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (e *Engine) turnPath() string {
	h := fnv.New64a()
	h.Write([]byte(e.api.DaemonHost()))
	return filepath.Join(os.TempDir(), fmt.Sprintf("assay-%d-%x.lock", os.Getuid(), h.Sum64()))
}
