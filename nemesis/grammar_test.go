package nemesis

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

func TestSpecificationsComeBackAsTheyWere(t *testing.T) {
	for _, text := range []string{
		"partition:n1,n2|n3,n4,n5",
		"partition:n1,n2|n3+halves(reject),kill",
		"partition:n1>n2,n3(new-connections),pause",
		"partition:leader(reject,2s)+flapping+clients@n1,n2",
		"packets", "packets:delay(50ms,10ms)&loss(5%)@leader+satellite",
		`tamper:"a,b+c(d)@e&f\""=>"0123456789AB\"",kill`,
		"tamper:seven=>eight@from-n1,n3,packets:lan",
	} {
		spec, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if spec.String() != text {
			t.Errorf("%q came back as %q", text, spec)
		}
	}
}

func TestACommaBeforeANodeEndsNoFamily(t *testing.T) {
	spec, err := Parse("partition:n1,n2|n3, n4,n5, kill:one,packets:delay@n1,n2")
	if err != nil {
		t.Fatal(err)
	}
	want := Spec{Families: []Family{
		{"partition", []string{"n1,n2|n3,n4,n5"}}, {"kill", []string{"one"}}, {"packets", []string{"delay@n1,n2"}},
	}}
	if !reflect.DeepEqual(spec, want) {
		t.Errorf("%q", spec)
	}
}

func TestMistakesInSpecificationsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"partition:n1,n2":                            "write n1,n2|n3",
		"partition:n1|n2,n1":                         "n1 stands twice",
		"partition:n1>n2>n3":                         "n1>n2,n3 to cut one way",
		"partition:halves(gently)":                   `"gently" is neither drop, reject, new-connections`,
		"partition:one(1ms)":                         "at least 50ms",
		"partition:one(reject":                       "the parentheses do not match",
		"partition:one(reject)x":                     "something follows",
		"partition:reject(flapping,new-connections)": "either reject or new-connections",
		"partition:one&halves":                       "write + between",
		"partition:halves@leader":                    "only clients",
		"partition:clients@everywhere":               "no place is called",
		"kill:one@n1":                                "takes no arguments, place",
		"kill:(x)":                                   "takes no arguments",
		"kill:somewhere":                             "choose from one, minority, majority, all, leader",
		"packets:dely":                               "no such shape of packets; choose from delay, jitter, loss",
		"packets:delay(soon)":                        `delay: "soon" is not a duration`,
		"packets:delay(1m)":                          "from 0s to 10s",
		"packets:delay(5ms,6ms)":                     "6ms more or less than 5ms is too much",
		"packets:loss(0)":                            `"0" is not a probability`,
		"packets:loss(101%)":                         "is not a probability",
		"packets:loss(NaN)":                          "is not a probability",
		"packets:loss(5%,6%)":                        "one argument too many",
		"packets:satellite(2)":                       "takes 0 arguments",
		"packets:bandwidth(fast)":                    `"fast" is not an amount of data`,
		"packets:bandwidth(0bit)":                    "is not an amount of data",
		"packets:delay@":                             "a place has to follow",
		"packets:delay@one@two":                      "more than one @",
		"packets:delay@to-nowhere":                   `no place is called "nowhere"`,
		"tamper":                                     "needs to be told more",
		"tamper:old":                                 "write old=>new",
		"tamper:old=>newer":                          "of the same length",
		"tamper:=>":                                  "is empty",
		"tamper:a=>a":                                "by itself",
		`tamper:"a=>b`:                               "a quotation mark is missing",
		`tamper:"\xff"=>"a"`:                         "only text",
		`tamper:"\z"=>"a"`:                           "is not a quoted text",
		"tamper:a(b)=>c(d)":                          "do not match",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestEffectsOfOneShapeAddUp(t *testing.T) {
	s, err := parseShape("delay(50ms,10ms)&loss(5%)&bandwidth(1Mbit/s)&lan@to-leader")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parsePackets(s)
	if err != nil {
		t.Fatal(err)
	}
	lan := profiles()[0].shape
	want := cluster.Shape{Delay: 50*time.Millisecond + lan.Delay, Jitter: 10*time.Millisecond + lan.Jitter, Loss: 0.05, Rate: 125_000, Queue: usualQueue}
	if got.shape != want || got.place != "to-leader" || !s.asksLeader() {
		t.Errorf("%+v", got)
	}
}

func TestFaultsOfPacketsAreToldWithAllParameters(t *testing.T) {
	for text, want := range map[string]string{
		"delay":                             "delay: 100ms late",
		"loss(0.5%)&duplicate":              "loss and duplicate: 0.5 % lost, 10 % doubled",
		"lossy-wifi":                        "lossy-wifi: 3ms late, give or take 3ms, 3 % lost, 1 % overtaken within 10ms",
		"corrupt&bandwidth(1Mbit,10kB)@all": "corrupt and bandwidth: 5 % damaged, 125000 bytes a second and 10000 waiting",
	} {
		s, _ := parseShape(text)
		if got, err := parsePackets(s); err != nil || got.detail != want {
			t.Errorf("%s: %q, %v, want %q", text, got.detail, err, want)
		}
	}
}

func TestProfilesSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"california-netherlands": "all", "half-broken-nic": "one", "loss": "one",
		"loss&lan": "all", "lan@one": "one",
	} {
		s, _ := parseShape(text)
		if got, err := parsePackets(s); err != nil || got.place != want {
			t.Errorf("%s strikes %s, %v, want %s", text, got.place, err, want)
		}
	}
	round := 2 * profiles()[2].shape.Delay
	if round != 150*time.Millisecond {
		t.Errorf("from California to the Netherlands and back in %s", round)
	}
}

func TestLinksHaveDirections(t *testing.T) {
	nodes := []string{"n1", "n2", "n3"}
	for way, want := range map[string]int{"": 4, "to": 2, "from": 2} {
		links := linksAt([]string{"n2"}, nodes, way)
		if len(links) != want {
			t.Errorf("%q: %v", way, links)
		}
		for _, l := range links {
			if way == "to" && l.To != "n2" || way == "from" && l.From != "n2" {
				t.Errorf("%q: %v", way, l)
			}
		}
	}
	if links := linksAt(nodes, nodes, ""); len(links) != 6 {
		t.Errorf("all: %v", links)
	}
}

func TestCustomGrudges(t *testing.T) {
	nodes := []string{"n3", "n1", "n2"}
	for text, want := range map[string]string{
		"n1|n2,n3": "n1>n2 n1>n3 n2>n1 n3>n1",
		"n1|n2":    "n1>n2 n2>n1",
		"n1>n2,n3": "n1>n2 n1>n3",
		"n1|n9":    "",
		"n1|n2|n3": "n1>n2 n1>n3 n2>n1 n2>n3 n3>n1 n3>n2",
	} {
		g, err := parseGrudge(text)
		if err != nil {
			t.Fatal(err)
		}
		drop, _, _ := g.links(nodes)
		var got []string
		for _, from := range []string{"n1", "n2", "n3"} {
			for _, to := range []string{"n1", "n2", "n3"} {
				if drop[cluster.Link{From: from, To: to}] {
					got = append(got, from+">"+to)
				}
			}
		}
		if strings.Join(got, " ") != want || len(got) != len(drop) {
			t.Errorf("%s cuts %v", text, drop)
		}
	}
}

func TestRequestedShapesDoNotComeUnasked(t *testing.T) {
	spec, err := Parse("partition")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(spec.Families[0].Shapes, " "); got != "one halves majority ring bridge one-way leader" {
		t.Error(got)
	}
}
