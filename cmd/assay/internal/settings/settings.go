// Package settings hands the pairs of --set to whoever understands them: the
// target, the workload, or both. It accepts nothing that neither declares.
package settings

import (
	"maps"
	"slices"
	"strings"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/cluster"
)

// Split checks key=value pairs and hands each one to every side that declares
// its key. Absent keys stay absent. Its errors are usage errors.
func Split(pairs []string, target, workload []cluster.Setting) (forTarget, forWorkload map[string]string, err error) {
	given, err := parse(pairs)
	if err != nil {
		return nil, nil, err
	}
	all := slices.Concat(target, workload)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if err := check(key, given[key], all); err != nil {
			return nil, nil, err
		}
	}
	return pick(given, target), pick(given, workload), nil
}

func parse(pairs []string) (map[string]string, error) {
	given := map[string]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, exit.Misuse("--set %s: not a setting; write --set key=value", pair)
		}
		if before, twice := given[key]; twice && before != value {
			return nil, exit.Misuse("--set %s: is %q already; give it once", pair, before)
		}
		given[key] = value
	}
	return given, nil
}

func check(key, value string, known []cluster.Setting) error {
	i := slices.IndexFunc(known, func(s cluster.Setting) bool { return s.Key == key })
	if i < 0 {
		return exit.Misuse("--set %s=%s: %s", key, value, suggest.Unknown("setting", key, keys(known)))
	}
	if choices := Values(known[i]); len(choices) > 0 && !slices.Contains(choices, value) {
		return exit.Misuse("--set %s=%s: %s", key, value, suggest.Unknown("value", value, choices))
	}
	return nil
}

func keys(known []cluster.Setting) []string {
	var all []string
	for _, s := range known {
		if !slices.Contains(all, s.Key) {
			all = append(all, s.Key)
		}
	}
	return all
}

// Values are the values that a setting allows; none means any text.
func Values(s cluster.Setting) []string {
	var values []string
	for _, c := range s.Choices {
		values = append(values, c.Value)
	}
	return values
}

func pick(given map[string]string, known []cluster.Setting) map[string]string {
	picked := map[string]string{}
	for _, s := range known {
		if value, ok := given[s.Key]; ok {
			picked[s.Key] = value
		}
	}
	return picked
}
