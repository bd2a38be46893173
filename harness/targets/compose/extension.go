package compose

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The keys of the extension x-assay.
const (
	extension = "x-assay"
	keyNodes  = "nodes"
	keyNode   = "node"
	keyOnce   = "once"
	keyPort   = "port"
	keyData   = "data"
	keyReady  = "ready"
)

// wish is what x-assay says of a service: that of the service itself, or else that for
// all.
type wish struct {
	// node says whether it is under test, once that it does something and ends; port is
	// where clients go, 0 if open.
	node bool
	once bool
	port int
	// data is the folder of the durable data, empty if open.
	data  string
	ready readiness
}

// readiness is how a node is known to be usable.
type readiness struct {
	// how is "health", "tcp" or "http", empty if open.
	how  string
	path string
	// status is the one that is wanted, 0 for any from 200 to 299.
	status int
	// port is where it is asked, 0 for the clients' port.
	port int
}

// read adds to a wish what an extension says. The places name its keys.
func (w *wish) read(raw any, of []string, t text) error {
	if raw == nil {
		return nil
	}
	fields, ok := raw.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %s has to hold keys: %s", t.at(of...), extension, strings.Join(known(of), ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known(of), key) {
			return fmt.Errorf("%s: %s has no key %q here; there are %s", t.at(append(of, key)...), extension, key, strings.Join(known(of), ", "))
		}
		if err := w.set(key, fields[key]); err != nil {
			return fmt.Errorf("%s: %s: %w", t.at(append(of, key)...), key, err)
		}
	}
	return nil
}

// known are the keys for the whole file, or for a service.
func known(of []string) []string {
	if len(of) == 1 {
		return []string{keyNodes, keyPort, keyData, keyReady}
	}
	return []string{keyNode, keyOnce, keyPort, keyData, keyReady}
}

func (w *wish) set(key string, value any) (err error) {
	switch key {
	case keyNode:
		w.node, err = yes(value)
	case keyOnce:
		w.once, err = yes(value)
	case keyPort:
		w.port, err = portNumber(value)
	case keyData:
		w.data, err = folder(value)
	case keyReady:
		w.ready, err = readReadiness(value)
	}
	return err
}

func yes(value any) (bool, error) {
	b, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("%v is neither true nor false", value)
	}
	return b, nil
}

// whole reads an integer, whichever of Go's types the library has made of it.
func whole(value any) (int, bool) {
	n, err := strconv.Atoi(fmt.Sprint(value))
	_, isText := value.(string)
	return n, err == nil && !isText
}

func portNumber(value any) (int, error) {
	n, ok := whole(value)
	if !ok || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%v is no port: it has to be a number from 1 to 65535", value)
	}
	return n, nil
}

func folder(value any) (string, error) {
	path, ok := value.(string)
	if !ok || !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("%v is no absolute path of a folder in the container", value)
	}
	return path, nil
}

// readReadiness reads "health", "tcp", or {http: /path, status: 200, port: 8081}.
func readReadiness(value any) (r readiness, err error) {
	switch v := value.(type) {
	case string:
		r.how = v
		if v == "health" || v == "tcp" {
			return r, nil
		}
	case map[string]any:
		return readHTTPReadiness(v)
	}
	return r, fmt.Errorf("%v is none; write health, tcp, or {http: /path, status: 200, port: 8080}", value)
}

func readHTTPReadiness(fields map[string]any) (r readiness, err error) {
	r.how = "http"
	for key, value := range fields {
		ok := true
		switch key {
		case "http":
			r.path, ok = value.(string)
			ok = ok && strings.HasPrefix(r.path, "/")
		case "status":
			r.status, ok = whole(value)
			ok = ok && r.status >= 100 && r.status <= 599
		case keyPort:
			r.port, err = portNumber(value)
		default:
			err = fmt.Errorf("there is no key %q; there are http, status, port", key)
		}
		if err == nil && !ok {
			err = fmt.Errorf("%s: %v makes no sense; write {http: /path, status: 200, port: 8080}", key, value)
		}
		if err != nil {
			return r, err
		}
	}
	if r.path == "" {
		return r, fmt.Errorf("http is missing; write {http: /path, status: 200, port: 8080}")
	}
	return r, nil
}
