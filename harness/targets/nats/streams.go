package nats

import (
	"cmp"

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

// describe is how a stream is made. Each is made by the first client that needs it:
// what a cluster has to remember has a part in what it forgets.
func describe(stream string, cfg cluster.Config) jetstream.StreamConfig {
	s := map[string]jetstream.StreamConfig{
		registerStream: bucket(registerStream, keyPrefix+"register.>"),
		versionsStream: bucket(versionsStream, keyPrefix+"versions.>"),
		setStream:      {Name: setStream, Subjects: []string{"set.>"}},
		logStream:      {Name: logStream, Subjects: []string{"log.>"}},
		jobsStream:     {Name: jobsStream, Subjects: []string{"jobs.>"}, Retention: jetstream.WorkQueuePolicy},
	}[stream]
	s.Replicas = replicas(cfg, cmp.Or(cfg.Nodes, 3))
	s.AllowDirect = setting(cfg, "reads") == "direct"
	if setting(cfg, "storage") == "memory" {
		s.Storage = jetstream.MemoryStorage
	}
	return s
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
