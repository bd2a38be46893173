package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// obeyed are the keys of a service that become part of its node.
var obeyed = []string{
	"image", "build", "command", "entrypoint", "environment", "volumes", "healthcheck", "ports", "expose", "depends_on",
	"user", "working_dir", "configs", "secrets", "hostname", "container_name", "links", "networks", "tmpfs", "ulimits", "init",
}

// immaterial are the keys that make no difference here: the cluster has a network of its
// own, and Assay itself starts, names, logs and ends what runs.
var immaterial = []string{
	"name", "env_file", "labels", "annotations", "label_file", "restart", "logging", "stop_grace_period", "profiles", "attach",
	"develop", "pull_policy", "platform", "tty", "stdin_open",
}

// instead says what to do about keys that many files have.
var instead = map[string]string{
	"deploy":         "write each node as a service of its own, and leave out deploy",
	"scale":          "write each node as a service of its own",
	"network_mode":   "all nodes are on a network of their own, which is what Assay breaks",
	"external_links": "write what is linked as a service of its own",
	"privileged":     "the nodes have no more rights than their faults leave them",
	"extends":        "write the service out",
}

// refuse says which key of a service is not supported, and where it stands.
func refuse(s types.ServiceConfig, t text) error {
	encoded, err := json.Marshal(s)
	if err != nil {
		return err
	}
	var keys map[string]any
	if err := json.Unmarshal(encoded, &keys); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if slices.Contains(obeyed, key) || slices.Contains(immaterial, key) || keys[key] == nil {
			continue
		}
		advice := instead[key]
		if advice == "" {
			advice = "leave it out"
		}
		return fmt.Errorf("%s: service %s: %s is not supported: %s", t.at("services", s.Name, key), s.Name, key, advice)
	}
	return refuseMore(s, t)
}

// refuseMore looks into keys that are supported in part.
func refuseMore(s types.ServiceConfig, t text) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("service %s: "+format, append([]any{s.Name}, args...)...)
	}
	if s.Image == "" {
		return fmt.Errorf("%s: %w", t.at("services", s.Name, "build"),
			wrong("it names no image; add image: NAME, and make it first: docker compose -f %s build %s", t.path, s.Name))
	}
	for name, n := range s.Networks {
		if err := refuseNetwork(n); err != nil {
			return fmt.Errorf("%s: %w", t.at("services", s.Name, "networks", name), wrong("%w", err))
		}
	}
	if strings.ContainsAny(s.Name, "_.") || slices.Contains(reserved, s.Name) {
		return fmt.Errorf("%s: %w", t.at("services", s.Name), wrong("the name cannot be a node's: use letters, digits and dashes, and none of %s", strings.Join(reserved, ", ")))
	}
	return nil
}

// refuseNetwork says what is asked of a network beyond being on it under some names.
func refuseNetwork(n *types.ServiceNetworkConfig) error {
	switch {
	case n == nil:
		return nil
	case n.Ipv4Address != "" || n.Ipv6Address != "" || len(n.LinkLocalIPs) > 0 || n.MacAddress != "":
		return errors.New("addresses are not supported: nodes are known by their names")
	case len(n.DriverOpts) > 0 || n.InterfaceName != "":
		return errors.New("options of a network are not supported: all nodes are on one of their own, which is what Assay breaks")
	}
	return nil
}

// reserved are words that say where faults strike.
var reserved = []string{
	"all", "one", "minority", "majority", "leader", "follower", "followers", "clients", "halves", "ring", "bridge", "one-way", "random", "reject", "flapping",
}
