package nats

import (
	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/harness/cluster"
)

// The streams, one for each data type. Objects are subjects in them.
const (
	registerStream = bucketPrefix + "register"
	versionsStream = bucketPrefix + "versions"
	setStream      = "set"
	logStream      = "log"
	jobsStream     = "jobs"

	// Key-value buckets are streams with this prefix, keys are subjects with that one.
	bucketPrefix = "KV_"
	keyPrefix    = "$KV."
)

// streams are made as soon as the cluster can keep them.
func streams(cfg cluster.Config, nodes int) []jetstream.StreamConfig {
	all := []jetstream.StreamConfig{
		bucket(registerStream, keyPrefix+"register.>"),
		bucket(versionsStream, keyPrefix+"versions.>"),
		{Name: setStream, Subjects: []string{"set.>"}},
		{Name: logStream, Subjects: []string{"log.>"}},
		{Name: jobsStream, Subjects: []string{"jobs.>"}, Retention: jetstream.WorkQueuePolicy},
	}
	for i := range all {
		all[i].Replicas = replicas(cfg, nodes)
		all[i].AllowDirect = setting(cfg, "reads") == "direct"
		if setting(cfg, "storage") == "memory" {
			all[i].Storage = jetstream.MemoryStorage
		}
	}
	return all
}

// bucket is what the library makes of a key-value bucket without a history. It always
// allows direct reads, which is the only reason not to let it.
func bucket(stream, subjects string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              stream,
		Subjects:          []string{subjects},
		MaxMsgsPerSubject: 1,
		Discard:           jetstream.DiscardNew,
		AllowRollup:       true,
		DenyDelete:        true,
	}
}
