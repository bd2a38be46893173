package nemesis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/assaykit/assay/harness/cluster"
)

// spoiling is what a shape of the packets or tamper family does, understood.
type spoiling struct {
	shape cluster.Shape
	// place is where, with a direction in front.
	place string
	// detail is all of it in the user's words.
	detail string
}

// profile is a network by name. Its delays are those of one way.
type profile struct {
	name, about string
	shape       cluster.Shape
	place       string
}

// profiles are networks that people know. Round trips are those of the public
// tables of cloud regions and of geostationary satellites.
func profiles() []profile {
	const ms = time.Millisecond
	return []profile{
		{"lan", "half a millisecond there and back, everywhere", cluster.Shape{Delay: ms / 4, Jitter: ms / 20}, "all"},
		{"cross-zone", "two data centres of one region: 2 ms there and back, everywhere", cluster.Shape{Delay: ms, Jitter: ms / 5}, "all"},
		{"california-netherlands", "150 ms there and back, everywhere", cluster.Shape{Delay: 75 * ms, Jitter: ms}, "all"},
		{"satellite", "600 ms there and back, 10 Mbit/s, 0.5 % lost, everywhere",
			cluster.Shape{Delay: 300 * ms, Jitter: 10 * ms, Loss: 0.005, Rate: 1_250_000, Queue: usualQueue}, "all"},
		{"lossy-wifi", "3 ms, give or take 3 ms, 3 % lost, 1 % overtaken, everywhere",
			cluster.Shape{Delay: 3 * ms, Jitter: 3 * ms, Loss: 0.03, Reorder: 0.01, Behind: usualBehind}, "all"},
		{"slow-link", "1 Mbit/s and 20 ms, one node", cluster.Shape{Delay: 20 * ms, Rate: 125_000, Queue: usualQueue}, "one"},
		{"half-broken-nic", "one node slow and lossy: 30 ms, give or take 20 ms, 10 % lost",
			cluster.Shape{Delay: 30 * ms, Jitter: 20 * ms, Loss: 0.1}, "one"},
	}
}

// What effects do that come without arguments.
const (
	usualDelay  = 100 * time.Millisecond
	usualJitter = 50 * time.Millisecond
	usualChance = 0.05
	usualOften  = 0.1 // for what hurts less
	usualBehind = 10 * time.Millisecond
	usualRate   = 125_000
	usualQueue  = 64 << 10
	longest     = 10 * time.Second
)

func checkPackets(_ Description, s shape) error {
	_, err := parsePackets(s)
	return err
}

func checkTamper(_ Description, s shape) error {
	_, err := parseTamper(s)
	return err
}

func needsOfPackets(s shape) []cluster.Capability {
	p, _ := parsePackets(s) // was checked
	return needs(p.shape)
}

func parsePackets(s shape) (spoiling, error) {
	all := spoiling{place: "one"}
	var words []string
	for _, e := range s.effects {
		one, place, err := parsePacketEffect(e)
		if err != nil {
			return spoiling{}, err
		}
		all.shape = all.shape.Plus(one)
		if place == "all" {
			all.place = place
		}
		words = append(words, e.name)
	}
	all.detail = strings.Join(words, " and ") + ": " + tell(all.shape)
	if s.place != "" {
		all.place = s.place
	}
	_, where := direction(all.place)
	return all, checkPlace(where)
}

// tell says what a link does to its packets, with all parameters.
func tell(s cluster.Shape) string {
	var words []string
	say := func(some bool, format string, args ...any) {
		if some {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	percent := func(p float64) string { return strconv.FormatFloat(100*p, 'g', 4, 64) + " %" }
	say(s.Delay > 0, "%s late", s.Delay)
	say(s.Jitter > 0, "give or take %s", s.Jitter)
	say(s.Loss > 0, "%s lost", percent(s.Loss))
	say(s.Duplicate > 0, "%s doubled", percent(s.Duplicate))
	say(s.Reorder > 0, "%s overtaken within %s", percent(s.Reorder), s.Behind)
	say(s.Noise > 0, "%s damaged", percent(s.Noise))
	say(s.Rate > 0, "%d bytes a second and %d waiting", s.Rate, s.Queue)
	return strings.Join(words, ", ")
}

func parsePacketEffect(e effect) (_ cluster.Shape, place string, _ error) {
	for _, p := range profiles() {
		if p.name == e.name {
			return p.shape, p.place, e.most(0)
		}
	}
	s, err := e.packetShape()
	if err != nil && !errors.Is(err, errNoShape) {
		err = fmt.Errorf("%s: %w", e.name, err)
	}
	return s, "one", err
}

func (e effect) packetShape() (s cluster.Shape, err error) {
	a := &reading{words: e.arguments}
	switch e.name {
	case "delay":
		s.Delay, s.Jitter = a.duration(usualDelay), a.duration(0)
	case "jitter":
		s.Jitter = a.duration(usualJitter)
		s.Delay = s.Jitter
	case "loss":
		s.Loss = a.chance(usualChance)
	case "duplicate":
		s.Duplicate = a.chance(usualOften)
	case "reorder":
		s.Reorder, s.Behind = a.chance(usualOften), a.duration(usualBehind)
	case "corrupt":
		s.Noise = a.chance(usualChance)
	case "bandwidth":
		s.Rate, s.Queue = a.rate(usualRate), a.bytes(usualQueue)
	default:
		return s, errNoShape
	}
	if s.Jitter > s.Delay {
		a.fail(fmt.Errorf("%s more or less than %s is too much", s.Jitter, s.Delay))
	}
	return s, a.end()
}

func (e effect) most(n int) error {
	if len(e.arguments) > n {
		return fmt.Errorf("%s takes %d arguments, not %d", e.name, n, len(e.arguments))
	}
	return nil
}

// reading reads arguments, one after the other; absent ones take what is usual.
type reading struct {
	words []string
	err   error
}

func (r *reading) next() (string, bool) {
	if len(r.words) == 0 {
		return "", false
	}
	word := r.words[0]
	r.words = r.words[1:]
	return word, true
}

func (r *reading) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reading) end() error {
	if len(r.words) > 0 {
		r.fail(fmt.Errorf("one argument too many: %q", r.words[0]))
	}
	return r.err
}

func (r *reading) duration(usual time.Duration) time.Duration {
	word, some := r.next()
	if !some {
		return usual
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < 0 || d > longest {
		r.fail(fmt.Errorf("%q is not a duration from 0s to %s, such as 50ms", word, longest))
	}
	return d
}

func (r *reading) chance(usual float64) float64 {
	word, some := r.next()
	if !some {
		return usual
	}
	number, percent := strings.CutSuffix(word, "%")
	p, err := strconv.ParseFloat(number, 64)
	if percent {
		p /= 100
	}
	if err != nil || !(p > 0 && p <= 1) {
		r.fail(fmt.Errorf("%q is not a probability above 0, such as 5%% or 0.05", word))
	}
	return p
}

// units are what a number of bytes, or of bytes a second, may end in.
var units = []struct {
	name  string
	bytes float64
}{
	{"kbit", 125}, {"Mbit", 125e3}, {"Gbit", 125e6},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"B", 1},
}

func (r *reading) rate(usual int64) int64 {
	if len(r.words) > 0 {
		r.words[0] = strings.TrimSuffix(r.words[0], "/s")
	}
	return r.bytes(usual)
}

func (r *reading) bytes(usual int64) int64 {
	word, some := r.next()
	if !some {
		return usual
	}
	for _, u := range units {
		number, ok := strings.CutSuffix(word, u.name)
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if ok && err == nil && n*u.bytes >= 1 && n*u.bytes <= 1e12 {
			return int64(n * u.bytes)
		}
	}
	r.fail(fmt.Errorf("%q is not an amount of data, such as 1Mbit or 64KiB", word))
	return usual
}

// parseTamper reads old=>new, either of them quoted or not.
func parseTamper(s shape) (spoiling, error) {
	if len(s.effects) > 1 || s.effects[0].arguments != nil {
		return spoiling{}, fmt.Errorf("write one %s, in double quotes where it holds any of , + & @ ( )", tamperForm)
	}
	r, err := parseReplacement(s.effects[0].name)
	if err != nil {
		return spoiling{}, err
	}
	t := spoiling{shape: cluster.Shape{Tamper: r}, place: s.place, detail: fmt.Sprintf("%q becomes %q", r.Old, r.New)}
	if t.place == "" {
		t.place = "all"
	}
	_, where := direction(t.place)
	return t, checkPlace(where)
}

const tamperForm = "old=>new"

func parseReplacement(text string) (cluster.Replacement, error) {
	at := strings.Index(text, "=>")
	if at < 0 {
		return cluster.Replacement{}, fmt.Errorf("write %s", tamperForm)
	}
	before, err := unquote(text[:at])
	if err != nil {
		return cluster.Replacement{}, err
	}
	after, err := unquote(text[at+len("=>"):])
	if err != nil {
		return cluster.Replacement{}, err
	}
	switch {
	case before == "":
		return cluster.Replacement{}, errors.New("the text to be replaced is empty")
	case before == after:
		return cluster.Replacement{}, errors.New("it replaces a text by itself")
	case len(before) != len(after):
		return cluster.Replacement{}, fmt.Errorf("%q has %d bytes and %q %d: on the wire only a text of the same length can take its place", before, len(before), after, len(after))
	case !utf8.ValidString(before) || !utf8.ValidString(after):
		return cluster.Replacement{}, errors.New("only text can be replaced (UTF-8)")
	}
	return cluster.Replacement{Old: before, New: after}, nil
}

func unquote(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, `"`) {
		return text, nil
	}
	plain, err := strconv.Unquote(text)
	if err != nil {
		return "", fmt.Errorf("%s is not a quoted text", text)
	}
	return plain, nil
}

// needs are the capabilities that a shape of links takes.
func needs(s cluster.Shape) []cluster.Capability {
	var all []cluster.Capability
	for _, n := range []struct {
		what cluster.Capability
		some bool
	}{
		{cluster.CanDelay, s.Delay > 0 || s.Jitter > 0},
		{cluster.CanLose, s.Loss > 0},
		{cluster.CanDuplicate, s.Duplicate > 0},
		{cluster.CanReorder, s.Reorder > 0},
		{cluster.CanNoise, s.Noise > 0},
		{cluster.CanLimit, s.Rate > 0},
	} {
		if n.some {
			all = append(all, n.what)
		}
	}
	return all
}
