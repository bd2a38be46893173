package etcd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

var _ cluster.Snapshots = Target{}

// snapshotCount is the setting that says after how many changes a member saves a
// snapshot. etcd's own default takes minutes of load to come about.
const snapshotCount = "snapshot-count"

func snapshotSetting() cluster.Setting {
	return cluster.Setting{Key: snapshotCount, Default: "", Harmless: true, About: "after how many changes a member saves a snapshot (default the server's own, 10000 or more)"}
}

// snapshotArguments are none unless the setting was given.
func snapshotArguments(cfg cluster.Config) []string {
	if count := setting(cfg, snapshotCount); count != "" {
		return []string{"--snapshot-count=" + count}
	}
	return nil
}

func checkSnapshotCount(cfg cluster.Config) error {
	count := setting(cfg, snapshotCount)
	if n, err := strconv.Atoi(count); count != "" && (err != nil || n < 1) {
		return fmt.Errorf("%s=%s: has to be a number of changes, at least 1", snapshotCount, count)
	}
	return nil
}

// savedSnapshots is the metric that counts snapshots by how long it took to make them
// durable. etcd observes it after the fsync and before it cuts its log (3.4 to 3.6). It
// shows nothing of snapshots that are being made: those take milliseconds.
const savedSnapshots = "etcd_snap_fsync_duration_seconds_count"

// Snapshots implements cluster.Snapshots.
func (Target) Snapshots(ctx context.Context, node cluster.Node, _ cluster.Config) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node.Addr(clientPort)+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("metrics of %s: %w", node.Name(), err)
	}
	defer answer.Body.Close()
	n, err := metric(answer.Body, savedSnapshots)
	if err != nil {
		return 0, fmt.Errorf("metrics of %s: %w", node.Name(), err)
	}
	return n, nil
}

// metric finds a number in Prometheus' text format.
func metric(text io.Reader, name string) (int, error) {
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			n, err := strconv.ParseFloat(value, 64)
			return int(n), err
		}
	}
	return 0, errors.Join(fmt.Errorf("there is no %s", name), lines.Err())
}
