package workloads

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
)

// number is a setting that is a whole number.
type number struct {
	key, about           string
	otherwise, low, high int
}

func (n number) setting() cluster.Setting {
	about := fmt.Sprintf("%s, %d to %d", n.about, n.low, n.high)
	return cluster.Setting{Key: n.key, About: about, Default: strconv.Itoa(n.otherwise)}
}

// of is the number that was chosen.
func (n number) of(cfg Config) (int, error) {
	text, chosen := cfg.Settings[n.key]
	if !chosen {
		return n.otherwise, nil
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < n.low || value > n.high {
		return 0, fmt.Errorf("setting %s=%s: allowed are whole numbers from %d to %d", n.key, text, n.low, n.high)
	}
	return value, nil
}

// chosen reads the settings of a configuration and keeps the first error.
type chosen struct {
	cfg Config
	err error
}

func (c *chosen) number(n number) int {
	value, err := n.of(c.cfg)
	if c.err == nil {
		c.err = err
	}
	return value
}

// choice is what was chosen for a setting that has choices.
func choice(cfg Config, s cluster.Setting) (string, error) {
	text, chosen := cfg.Settings[s.Key]
	if !chosen {
		return s.Default, nil
	}
	allowed := make([]string, len(s.Choices))
	for i, c := range s.Choices {
		if c.Value == text {
			return text, nil
		}
		allowed[i] = c.Value
	}
	return "", fmt.Errorf("setting %s=%s: allowed are %s", s.Key, text, strings.Join(allowed, ", "))
}

// perWorkers is how many objects are in use at a time if nobody chose: about one
// for three workers, so that their operations meet.
func perWorkers(wanted, workers int) int {
	if wanted > 0 {
		return wanted
	}
	return max(1, (workers+2)/3)
}
