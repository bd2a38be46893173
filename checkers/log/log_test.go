package log_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
	"github.com/assaykit/assay/checkers/log"
	"github.com/assaykit/assay/harness/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func check(t testing.TB, c checkers.Checker, h *history.History) checkers.Verdict {
	t.Helper()
	v, err := c.Check(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The lines of which the histories are made. The producers are the processes 0 and
// 1, the consumers 2 to 4, and the final ones 8 and 9.
const (
	sentA  = "0 invoke send 1 key=a node=n1\n0 ok send [0,1] key=a node=n1\n"
	sentB  = "0 invoke send 2 key=a node=n1\n0 ok send [1,2] key=a node=n1\n"
	sentC  = "1 invoke send 3 key=a node=n2\n1 ok send [2,3] key=a node=n2\n"
	unsure = "1 invoke send 3 key=a node=n2\n1 info send 3 key=a node=n2 !timeout\n"
	blind  = "1 invoke send 3 key=a node=n2\n1 ok send 3 key=a node=n2\n"
	joined = "2 invoke subscribe [\"a\"] node=n1\n2 ok subscribe [\"a\"] node=n1\n"
	kept   = "2 invoke commit node=n1\n2 ok commit node=n1\n"
	ended  = "9 invoke poll key=a node=n3 final\n9 ok poll [] key=a node=n3 final\n"
)

// polled is a poll of partition a by process 2, and finally one by process 9 at the
// end of the run.
func polled(records string) string {
	return "2 invoke poll key=a node=n1\n2 ok poll " + records + " key=a node=n1\n"
}

func finally(records string) string {
	return "9 invoke poll key=a node=n3 final\n9 ok poll " + records + " key=a node=n3 final\n"
}

// known are histories and, for each profile, the verdict: valid, unknown, or the
// anomalies in the order of the findings.
var known = []struct {
	name, text                           string
	exactlyOnce, atLeastOnce, atMostOnce string
}{
	{"sent and polled", sentA + sentB + finally("[[0,1],[1,2]]") + ended, "valid", "valid", "valid"},
	{"all was polled, so that no end is needed", sentA + polled("[[0,1]]"), "valid", "valid", "valid"},
	{"polled several times", sentA + sentB + polled("[[0,1],[1,2]]") + finally("[[0,1],[1,2]]"), "valid", "valid", "valid"},
	{"offsets with gaps", sentA + "0 invoke send 2 key=a\n0 ok send [7,2] key=a\n" + finally("[[0,1],[7,2]]") + ended, "valid", "valid", "valid"},
	{"several partitions in one poll", sentA + "0 invoke send 5 key=7\n0 ok send [0,5] key=7\n9 invoke poll final\n9 ok poll [[\"a\",[[0,1]]],[7,[[0,5]]]] final\n", "valid", "valid", "valid"},
	{"offsets that are not told", blind + "1 invoke send 4 key=a\n1 ok send null key=a\n" + finally("[[0,3],[1,4]]"), "valid", "valid", "valid"},
	{"one partition without a name", strings.ReplaceAll(sentA+finally("[[0,1]]")+ended, "key=a ", ""), "valid", "valid", "valid"},
	{"an unsure send that is not there", unsure + sentA + finally("[[0,1]]") + ended, "valid", "valid", "valid"},
	{"an unsure send that is there", unsure + sentA + finally("[[0,1],[1,3]]") + ended, "valid", "valid", "valid"},
	{"lost, as the final polls are past it", sentA + sentB + finally("[[1,2]]"), "lost", "lost", "valid"},
	{"lost, as a consumer is past it", sentA + sentB + sentC + polled("[[0,1],[2,3]]"), "lost", "lost", "valid"},
	{"lost between two polls", sentA + sentB + sentC + polled("[[0,1]]") + polled("[[2,3]]"), "lost", "lost", "valid"},
	{"lost at the end", sentA + sentB + finally("[[0,1]]") + ended, "lost", "lost", "valid"},
	{"lost at the end of all that a consumer reads", sentA + sentB + finally("[[0,1]]") + "9 invoke poll final\n9 ok poll [] final\n", "lost", "lost", "valid"},
	{"lost without an offset", sentA + blind + finally("[[0,1]]") + ended, "lost", "lost", "valid"},
	{"missing at the end, but acknowledged only then", sentA + finally("[[0,1]]") + "1 invoke send 3 key=a\n" + ended + "1 ok send [1,3] key=a\n", "unknown", "unknown", "valid"},
	{"missing below what was polled, without final polls", sentA + sentB + polled("[[1,2]]"), "unknown", "unknown", "valid"},
	{"missing at the end of another partition", sentA + sentB + finally("[[0,1]]") + strings.ReplaceAll(ended, "key=a", "key=b"), "unknown", "unknown", "valid"},
	{"missing, with an end that is not final", sentA + sentB + polled("[[0,1]]") + polled("[]"), "unknown", "unknown", "valid"},
	{"missing, between polls of a subscriber", sentA + sentB + sentC + joined + polled("[[0,1]]") + polled("[[2,3]]"), "unknown", "unknown", "valid"},
	{"missing, with final polls of a subscriber", sentA + sentB + strings.ReplaceAll(joined, "2 ", "9 ") + finally("[[1,2]]") + ended, "unknown", "unknown", "valid"},
	{"missing, after a seek", sentA + sentB + sentC + polled("[[0,1]]") + "2 invoke seek 2 key=a\n2 ok seek 2 key=a\n" + polled("[[2,3]]"), "unknown", "unknown", "valid"},
	{"lost after a seek", sentA + sentB + sentC + "2 invoke seek 1 key=a\n2 ok seek 1 key=a\n" + polled("[[2,3]]") + finally("[[0,1]]"), "lost", "lost", "valid"},
	{"one value at two offsets", sentA + finally("[[0,1],[1,1]]") + ended, "duplicated", "valid", "duplicated"},
	{"sent twice, at two offsets", sentA + "0 invoke send 1 key=a\n0 ok send [1,1] key=a\n" + finally("[[0,1],[1,1]]") + ended, "valid", "valid", "valid"},
	{"acknowledged at another offset", sentA + finally("[[1,1]]"), "duplicated", "valid", "duplicated"},
	{"two values at one offset", sentA + unsure + polled("[[0,1]]") + finally("[[0,3]]"), "inconsistent-offsets", "inconsistent-offsets", "inconsistent-offsets"},
	{"two sends acknowledged at one offset", sentA + "1 invoke send 3 key=a\n1 ok send [0,3] key=a\n" + finally("[[0,3]]"), "inconsistent-offsets", "inconsistent-offsets", "inconsistent-offsets"},
	{"never sent", sentA + finally("[[0,1],[1,9]]"), "phantom", "phantom", "phantom"},
	{"sent to another partition", sentA + "0 invoke send 5 key=b\n0 ok send [0,5] key=b\n" + finally("[[0,1],[1,5]]") + "9 invoke poll key=b final\n9 ok poll [[0,5]] key=b final\n", "phantom", "phantom", "phantom"},
	{"polled before it was sent", polled("[[0,1]]") + sentA, "phantom", "phantom", "phantom"},
	{"refused and polled", sentA + "1 invoke send 3 key=a\n1 fail send 3 key=a !not the leader\n" + finally("[[0,1],[1,3]]"), "aborted-read", "aborted-read", "aborted-read"},
	{"a producer's records in another order", "0 invoke send 1 key=a\n0 ok send [1,1] key=a\n0 invoke send 2 key=a\n0 ok send [0,2] key=a\n" + finally("[[0,2],[1,1]]"), "reordered", "reordered", "reordered"},
	{"a producer's records in another order, perhaps a duplicate", "0 invoke send 1 key=a\n0 ok send [1,1] key=a\n0 invoke send 2 key=a\n0 ok send [0,2] key=a\n" + polled("[[0,2],[1,1]]"), "reordered", "valid", "reordered"},
	{"two producers' records in another order", "0 invoke send 1 key=a\n0 ok send [1,1] key=a\n1 invoke send 2 key=a\n1 ok send [0,2] key=a\n" + finally("[[0,2],[1,1]]"), "valid", "valid", "valid"},
	{"a gap in a poll", sentA + sentB + sentC + finally("[[0,1],[1,2],[2,3]]") + polled("[[0,1],[2,3]]"), "int-poll-skip", "int-poll-skip", "valid"},
	{"a gap between polls", sentA + sentB + sentC + finally("[[0,1],[1,2],[2,3]]") + polled("[[0,1]]") + polled("[[2,3]]"), "poll-skip", "poll-skip", "valid"},
	{"a gap of two after a seek", sentA + sentB + sentC + finally("[[0,1],[1,2],[2,3]]") + "2 invoke seek 0 key=a\n2 ok seek 0 key=a\n" + polled("[[2,3]]"), "poll-skip", "poll-skip", "valid"},
	{"a gap between polls of a subscriber", sentA + sentB + sentC + finally("[[0,1],[1,2],[2,3]]") + joined + polled("[[0,1]]") + polled("[[2,3]]"), "valid", "valid", "valid"},
	{"offsets that fall in a poll", sentA + sentB + polled("[[1,2],[0,1]]"), "int-nonmonotonic-poll", "int-nonmonotonic-poll", "int-nonmonotonic-poll"},
	{"a record twice in a poll", sentA + polled("[[0,1],[0,1]]"), "int-nonmonotonic-poll", "int-nonmonotonic-poll", "int-nonmonotonic-poll"},
	{"offsets that fall between polls", sentA + sentB + polled("[[0,1],[1,2]]") + polled("[[1,2]]"), "nonmonotonic-poll", "valid", "nonmonotonic-poll"},
	{"offsets that fall after an assignment", sentA + sentB + polled("[[0,1],[1,2]]") + strings.ReplaceAll(joined, "subscribe", "assign") + polled("[[1,2]]"), "valid", "valid", "valid"},
	{"offsets below one that was sought too early", sentA + "2 invoke seek 5 key=a\n2 ok seek 5 key=a\n" + polled("[[0,1]]"), "valid", "valid", "valid"},
	{"given again before a commit", sentA + sentB + joined + polled("[[0,1],[1,2]]") + joined + polled("[[0,1]]"), "valid", "valid", "valid"},
	{"given again after a commit", sentA + sentB + joined + polled("[[0,1],[1,2]]") + kept + joined + polled("[[1,2]]"), "redelivered-after-commit", "valid", "redelivered-after-commit"},
	{"given again after a commit of less", sentA + sentB + joined + polled("[[0,1],[1,2]]") + "2 invoke commit 1 key=a\n2 ok commit 1 key=a\n" + joined + polled("[[1,2]]"), "valid", "valid", "valid"},
	{"given again after a commit of several partitions", sentA + sentB + joined + polled("[[0,1],[1,2]]") + "2 invoke commit [[\"a\",2],[\"b\",4]]\n2 ok commit [[\"a\",2],[\"b\",4]]\n" + joined + polled("[[1,2]]"), "redelivered-after-commit", "valid", "redelivered-after-commit"},
	{"given again, perhaps after a commit", sentA + joined + polled("[[0,1]]") + "2 invoke commit\n2 info commit null !timeout\n" + strings.ReplaceAll(joined+polled("[[0,1]]"), "2 ", "3 "), "valid", "valid", "valid"},
	{"given again after a commit that a late one may have replaced", sentA + sentB + "4 invoke commit 0 key=a\n" + joined + polled("[[0,1],[1,2]]") + kept + joined + polled("[[1,2]]"), "valid", "valid", "valid"},
	{"given again after a seek", sentA + joined + polled("[[0,1]]") + kept + joined + "2 invoke seek 0 key=a\n2 ok seek 0 key=a\n" + polled("[[0,1]]"), "valid", "valid", "valid"},
	{"all at once", sentA + sentB + sentC + unsure + polled("[[2,3],[0,1]]") + finally("[[0,1],[2,3],[4,9]]"), "lost phantom int-nonmonotonic-poll", "lost phantom int-nonmonotonic-poll", "phantom int-nonmonotonic-poll"},
	{"nothing", "", "unknown", "unknown", "unknown"},
	{"nothing polled", sentA, "unknown", "unknown", "unknown"},
	{"nothing polled, at the end", sentA + ended, "lost", "lost", "unknown"},
	{"nothing polled of an empty log", ended, "unknown", "unknown", "unknown"},
	{"an operation of another kind", "0 invoke append 1\n0 ok append 1\n", "unknown", "unknown", "unknown"},
	{"a value that is no integer", "0 invoke send \"a\"\n0 ok send \"a\"\n", "unknown", "unknown", "unknown"},
	{"a send answered with another value", "0 invoke send 1\n0 ok send [0,2]\n", "unknown", "unknown", "unknown"},
	{"a send answered with an offset alone", "0 invoke send 1\n0 ok send 0\n", "unknown", "unknown", "unknown"},
	{"a polled integer", sentA + polled("1"), "unknown", "unknown", "unknown"},
	{"a polled list of integers", sentA + polled("[1,2]"), "unknown", "unknown", "unknown"},
	{"several partitions in a poll of one", sentA + polled("[[\"a\",[[0,1]]]]"), "unknown", "unknown", "unknown"},
	{"a partition without records in a poll of several", sentA + "2 invoke poll\n2 ok poll [[\"a\",[[0,1]]],[\"b\",5]]\n", "unknown", "unknown", "unknown"},
	{"a subscription to an integer", "2 invoke subscribe 5\n2 ok subscribe 5\n", "unknown", "unknown", "unknown"},
	{"a subscription to a list of lists", "2 invoke subscribe [[]]\n2 ok subscribe [[]]\n", "unknown", "unknown", "unknown"},
	{"a commit of text", "2 invoke commit \"a\"\n2 ok commit \"a\"\n", "unknown", "unknown", "unknown"},
	{"a commit without an offset", "2 invoke commit [[\"a\",null]]\n2 ok commit null\n", "unknown", "unknown", "unknown"},
	{"a commit of half a pair", "2 invoke commit [[\"a\"]]\n2 ok commit null\n", "unknown", "unknown", "unknown"},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		h := script.Parse(t, c.text)
		for p, want := range map[delivery.Profile]string{
			delivery.ExactlyOnce: c.exactlyOnce, delivery.AtLeastOnce: c.atLeastOnce, delivery.AtMostOnce: c.atMostOnce,
		} {
			t.Run(c.name+"/"+p.String(), func(t *testing.T) {
				got := check(t, log.New(p), h)
				if said := summary(got); said != want || got.Reason == "" {
					t.Errorf("%s, want %s: %s %+v", said, want, got.Reason, got.Findings)
				}
				if got.Validity == checkers.Invalid {
					script.PointsAtCalls(t, h, got)
				}
			})
		}
	}
}

// summary is a verdict's validity, or its anomalies, each once.
func summary(v checkers.Verdict) string {
	if v.Validity != checkers.Invalid {
		return v.Validity.String()
	}
	var names []string
	for i, f := range v.Findings {
		if i == 0 || f.Anomaly != v.Findings[i-1].Anomaly {
			names = append(names, f.Anomaly)
		}
	}
	return strings.Join(names, " ")
}

func TestAnUnorderedLogMayReorder(t *testing.T) {
	h := script.Parse(t, "0 invoke send 1 key=a\n0 ok send [1,1] key=a\n0 invoke send 2 key=a\n0 ok send [0,2] key=a\n"+finally("[[0,2],[1,1]]"))
	for _, p := range profiles {
		if got := check(t, log.New(p, log.Unordered()), h); got.Validity != checkers.Valid {
			t.Errorf("%v: %v: %s", p, got.Validity, got.Reason)
		}
	}
}

func stat(v checkers.Verdict, name string) string {
	for _, s := range v.Stats {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

func TestLagIsMeasuredAndNotJudged(t *testing.T) {
	got := check(t, log.New(delivery.ExactlyOnce), script.Parse(t, sentA+sentB+sentC+polled("[[0,1],[1,2],[2,3]]")+finally("[[0,1]]")+ended))
	if got.Validity != checkers.Valid || stat(got, "known records above all final polls") != "2" {
		t.Errorf("%v: %v", got.Validity, got.Stats)
	}
}

func TestAProfileSaysWhatBreaksIt(t *testing.T) {
	for p, wants := range map[delivery.Profile][2]string{
		delivery.ExactlyOnce: {"redelivered-after-commit", "nothing else"},
		delivery.AtLeastOnce: {"poll-skip", "duplicated"},
		delivery.AtMostOnce:  {"duplicated", "lost"},
	} {
		said := stat(check(t, log.New(p), script.Parse(t, sentA)), "this profile is broken by")
		if !strings.Contains(said, wants[0]) || strings.Contains(said, wants[1]) {
			t.Errorf("%v: %s", p, said)
		}
	}
}

// The golden file is there to be read: it has every kind of explanation.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		all.WriteString(script.Explained(c.name, check(t, log.New(delivery.ExactlyOnce), script.Parse(t, c.text))))
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}
