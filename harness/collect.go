package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

// collect keeps the logs of the nodes, and of what runs beside them. A log that cannot be had is told, no
// more: the history stands without it.
func (r *run) collect(ctx context.Context) {
	defer r.phase("collect")()
	if r.dir == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	all := r.cluster.Nodes()
	if c, ok := r.cluster.(cluster.Company); ok {
		all = append(all, c.Beside()...)
	}
	for _, n := range all {
		if err := r.keepLog(ctx, n); err != nil {
			fmt.Fprintf(r.test.log(), "collect the log of %s: %v\n", n.Name(), err)
		}
	}
}

func (r *run) keepLog(ctx context.Context, n cluster.Node) error {
	folder, err := r.dir.NodeDir(n.Name())
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(folder, "log.txt"))
	if err != nil {
		return err
	}
	if err := n.Logs(ctx, file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// notReady says why a cluster did not come up: what the target saw last, and
// the last words of the nodes that it names or that have stopped.
func (r *run) notReady(ctx context.Context, why error) error {
	stopped := ctx.Err()
	ctx = context.WithoutCancel(ctx)
	r.collect(ctx)
	if errors.Is(stopped, context.Canceled) {
		return fmt.Errorf("the cluster was not awaited: %w", stopped)
	}
	text := fmt.Sprintf("the cluster did not become ready within %s: %v", readyWithin, why)
	for _, n := range r.cluster.Nodes() {
		state, _ := n.State(ctx)
		if state == cluster.Running && !strings.Contains(why.Error(), n.Name()) {
			continue
		}
		text += fmt.Sprintf("\n%s is %s; the end of its log:\n%s", n.Name(), state, r.tail(ctx, n))
	}
	return fmt.Errorf("%s", text)
}

func (r *run) tail(ctx context.Context, n cluster.Node) string {
	var log bytes.Buffer
	if err := n.Logs(ctx, &log); err != nil {
		return "  (not to be had: " + err.Error() + ")"
	}
	lines := strings.Split(strings.TrimRight(log.String(), "\n"), "\n")
	lines = lines[max(0, len(lines)-10):]
	return "  " + strings.Join(lines, "\n  ")
}
