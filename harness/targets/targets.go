// Package targets is the table of the systems that can be put to the proof. It
// holds no target itself: each is a package of its own below this one.
package targets

import (
	"fmt"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/maelstrom"
	"github.com/assaykit/assay/harness/targets/compose"
	"github.com/assaykit/assay/harness/targets/consul"
	"github.com/assaykit/assay/harness/targets/demo"
	"github.com/assaykit/assay/harness/targets/etcd"
	"github.com/assaykit/assay/harness/targets/mariadb"
	"github.com/assaykit/assay/harness/targets/nats"
	"github.com/assaykit/assay/harness/targets/postgres"
	"github.com/assaykit/assay/harness/targets/protocol"
	"github.com/assaykit/assay/harness/targets/rabbitmq"
	"github.com/assaykit/assay/harness/targets/redis"
	"github.com/assaykit/assay/harness/targets/zookeeper"
)

// All are the targets: the built-in demo first, and the other built-in protocols last.
func All() []cluster.Target {
	all := []cluster.Target{demo.New(), etcd.New(), nats.New(), postgres.New(), mariadb.New(), rabbitmq.New(), redis.New(), zookeeper.New(), consul.New(), compose.New(), maelstrom.New()}
	return append(all, protocol.All()...)
}

// Find returns the target with a name.
func Find(name string) (cluster.Target, error) {
	var names []string
	for _, t := range All() {
		if t.Name() == name {
			return t, nil
		}
		names = append(names, t.Name())
	}
	return nil, fmt.Errorf("no target %q: choose one of %s", name, strings.Join(names, ", "))
}
