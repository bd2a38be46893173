package delivery_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/delivery"
	"github.com/assaykit/assay/checkers/internal/script"
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

func TestProfilesAreReadByTheirNames(t *testing.T) {
	for _, p := range []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce} {
		if back, err := delivery.ParseProfile(p.String()); err != nil || back != p {
			t.Errorf("%v is read as %v, %v", p, back, err)
		}
	}
	for _, wrong := range []string{"", "exactly once", "Exactly-Once", "profile 0"} {
		if _, err := delivery.ParseProfile(wrong); err == nil || !strings.Contains(err.Error(), "at-least-once") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	var zero delivery.Profile
	if zero != delivery.ExactlyOnce {
		t.Errorf("the zero profile is %v", zero)
	}
}

const (
	sent     = "0 invoke send 1 key=q node=n1\n0 ok send 1 key=q node=n1\n"
	sent2    = "0 invoke send 2 key=q node=n1\n0 ok send 2 key=q node=n1\n"
	received = "1 invoke receive key=q node=n2\n1 ok receive 1 key=q node=n2\n"
	second   = "1 invoke receive key=q node=n2\n1 ok receive 2 key=q node=n2\n"
	again    = "2 invoke receive key=q node=n3\n2 ok receive 1 key=q node=n3\n"
	blind    = "7 invoke receive key=q node=n2\n7 info receive key=q node=n2 !timeout\n"
	acked    = "1 invoke ack 1 key=q node=n2\n1 ok ack 1 key=q node=n2\n"
	drained  = "3 invoke receive key=q node=n3 final\n3 ok receive null key=q node=n3 final\n"
	undone   = "3 invoke receive key=q node=n3 final\n3 info receive null key=q node=n3 final !timeout\n"
)

// known are histories and, for each profile, the verdict: valid, unknown, or the
// anomalies in the order of the findings.
var known = []struct {
	name, text                           string
	exactlyOnce, atLeastOnce, atMostOnce string
}{
	{"sent and received", sent + received + drained, "valid", "valid", "valid"},
	{"all was received, so that no drain is needed", sent + received, "valid", "valid", "valid"},
	{"lost", sent + sent2 + received + drained, "lost", "lost", "valid"},
	{"missing without a drain", sent + sent2 + received, "unknown", "unknown", "valid"},
	{"missing with a drain that was cut off", sent + sent2 + received + undone, "unknown", "unknown", "valid"},
	{"missing, and the drain was before", sent + received + drained + sent2, "unknown", "unknown", "valid"},
	{"an empty answer that is not final proves no loss", sent + sent2 + received + strings.ReplaceAll(drained, " final", ""), "unknown", "unknown", "valid"},
	{"missing, perhaps taken", sent + sent2 + blind + received + drained, "valid", "valid", "valid"},
	{"missing, perhaps taken by a receive without an end", sent + sent2 + received + "7 invoke receive key=q\n" + drained, "valid", "valid", "valid"},
	{"missing, and taken only after the drain", sent + sent2 + received + drained + blind, "lost", "lost", "valid"},
	{"two missing, one perhaps taken", sent + sent2 + blind + "5 invoke send 3 key=q\n5 ok send 3 key=q\n" + received + drained, "lost", "lost", "valid"},
	{"a failed receive takes nothing", sent + sent2 + received + strings.ReplaceAll(blind, "info", "fail") + drained, "lost", "lost", "valid"},
	{"a drain that was not over", sent + sent2 + drained + second + drained, "lost", "lost", "valid"},
	{"a drain whose empty answer was wrong", sent + sent2 + drained + received, "unknown", "unknown", "valid"},
	{"unacknowledged messages may be lost", "0 invoke send 1 key=q\n0 info send 1 key=q !timeout\n" + sent2 + second + drained, "valid", "valid", "valid"},
	{"refused messages are not lost", "0 invoke send 1 key=q\n0 fail send 1 key=q !full\n" + sent2 + second + drained, "valid", "valid", "valid"},
	{"an unacknowledged message may be received", "0 invoke send 1 key=q\n" + received + drained, "valid", "valid", "valid"},
	{"duplicated", sent + received + again + drained, "duplicated", "valid", "duplicated"},
	{"sent twice, received twice", sent + sent + received + again + drained, "valid", "valid", "valid"},
	{"sent twice, received once", sent + sent + received + drained, "lost", "lost", "valid"},
	{"sent twice, received three times", sent + sent + received + again + again + drained, "duplicated", "valid", "duplicated"},
	{"never sent", sent + received + second + drained, "phantom", "phantom", "phantom"},
	{"refused and received", "0 invoke send 2 key=q\n0 fail send 2 key=q !full\n" + sent + received + second + drained, "aborted-read", "aborted-read", "aborted-read"},
	{"refused and received, and sent later", "0 invoke send 1 key=q\n0 fail send 1 key=q !full\n" + received + sent + drained, "aborted-read", "aborted-read", "aborted-read"},
	{"received before it was sent", received + sent + drained, "phantom", "phantom", "phantom"},
	{"received before it was sent, by the one who began last", "1 invoke receive key=q\n2 invoke receive key=q\n2 ok receive 1 key=q\n" + sent + "1 ok receive 1 key=q\n" + drained, "phantom duplicated", "phantom", "phantom duplicated"},
	{"received while it was being sent", "0 invoke send 1 key=q\n" + received + "0 ok send 1 key=q\n" + drained, "valid", "valid", "valid"},
	{"received from another queue", sent + strings.ReplaceAll(received, "key=q", "key=p") + drained, "phantom lost", "phantom lost", "phantom"},
	{"reordered", sent + sent2 + second + received + drained, "reordered", "reordered", "reordered"},
	{"reordered, perhaps delivered before", sent + sent2 + blind + second + received + drained, "reordered", "valid", "reordered"},
	{"overtaken and never seen", sent + sent2 + second, "reordered", "reordered", "valid"},
	{"overtaken and never seen, perhaps taken", sent + sent2 + blind + second + drained, "valid", "valid", "valid"},
	{"overtaken, and taken only later", sent + sent2 + second + blind + drained, "reordered", "reordered", "valid"},
	{"no order between sends at the same time", "0 invoke send 1 key=q\n4 invoke send 2 key=q\n0 ok send 1 key=q\n4 ok send 2 key=q\n" + second + received + drained, "valid", "valid", "valid"},
	{"no order between receives at the same time", sent + sent2 + "1 invoke receive key=q\n2 invoke receive key=q\n1 ok receive 2 key=q\n2 ok receive 1 key=q\n" + drained, "valid", "valid", "valid"},
	{"all at once", sent + sent2 + sent2 + "1 invoke receive key=q\n1 ok receive 9 key=q\n" + second + again + again + drained, "phantom lost duplicated reordered", "phantom lost reordered", "phantom duplicated reordered"},
	{"received and acknowledged by the consumer", sent + received + acked + drained, "valid", "valid", "valid"},
	{"received again, not acknowledged", sent + received + again + drained, "duplicated", "valid", "duplicated"},
	{"received again before the acknowledgement", sent + received + again + acked + drained, "duplicated", "valid", "duplicated"},
	{"received again during the acknowledgement", sent + received + "1 invoke ack 1 key=q\n2 invoke receive key=q\n1 ok ack 1 key=q\n2 ok receive 1 key=q\n" + drained, "duplicated", "valid", "duplicated"},
	{"received again after the acknowledgement", sent + received + acked + again + drained, "redelivered-after-ack", "redelivered-after-ack", "redelivered-after-ack"},
	{"received again by the drain", sent + received + acked + strings.ReplaceAll(again, "key=q", "key=q final") + drained, "redelivered-after-ack", "redelivered-after-ack", "redelivered-after-ack"},
	{"received again after the second acknowledgement", sent + received + again + "2 invoke ack 1 key=q\n2 ok ack 1 key=q\n" + again + drained, "redelivered-after-ack", "redelivered-after-ack", "redelivered-after-ack"},
	{"received again after an acknowledgement that failed", sent + received + strings.ReplaceAll(acked, "1 ok", "1 fail") + again + drained, "duplicated", "valid", "duplicated"},
	{"received again after an acknowledgement that may have failed", sent + received + strings.ReplaceAll(acked, "1 ok", "1 info") + again + drained, "duplicated", "valid", "duplicated"},
	{"acknowledged by somebody else", sent + received + strings.ReplaceAll(acked, "1 invoke", "5 invoke") + again + drained, "duplicated", "valid", "duplicated"},
	{"sent again after the acknowledgement", sent + received + acked + sent + again + drained, "valid", "valid", "valid"},
	{"an acknowledged list", sent + received + "1 invoke ack [1] key=q\n1 ok ack [1] key=q\n", "unknown", "unknown", "unknown"},
	{"nothing", "", "unknown", "unknown", "unknown"},
	{"nothing but empty answers", drained, "unknown", "unknown", "unknown"},
	{"nothing received", sent, "unknown", "unknown", "unknown"},
	{"nothing received from a drained queue", sent + drained, "lost", "lost", "unknown"},
	{"an operation of another kind", sent + received + "0 invoke peek key=q\n0 ok peek key=q\n", "unknown", "unknown", "unknown"},
	{"a message that is no integer", "0 invoke send \"a\" key=q\n0 ok send \"a\" key=q\n", "unknown", "unknown", "unknown"},
	{"a received list", sent + "1 invoke receive key=q\n1 ok receive [1] key=q\n", "unknown", "unknown", "unknown"},
}

func TestKnownHistories(t *testing.T) {
	for _, c := range known {
		h := script.Parse(t, c.text)
		for p, want := range map[delivery.Profile]string{
			delivery.ExactlyOnce: c.exactlyOnce, delivery.AtLeastOnce: c.atLeastOnce, delivery.AtMostOnce: c.atMostOnce,
		} {
			t.Run(c.name+"/"+p.String(), func(t *testing.T) {
				got := check(t, delivery.New(p), h)
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

func TestAnUnorderedQueueMayReorder(t *testing.T) {
	for _, p := range []delivery.Profile{delivery.ExactlyOnce, delivery.AtLeastOnce, delivery.AtMostOnce} {
		got := check(t, delivery.New(p, delivery.Unordered()), script.Parse(t, sent+sent2+second+received+drained))
		if got.Validity != checkers.Valid || len(got.Parts) != 0 {
			t.Errorf("%v: %v: %s", p, got.Validity, got.Reason)
		}
	}
}

// What was sent by the processes 0 and 5, and received by 1 and 2.
const (
	other       = "5 invoke send 3 key=q\n5 ok send 3 key=q\n"
	otherFirst  = "1 invoke receive key=q\n1 ok receive 3 key=q\n"
	secondAway  = "2 invoke receive key=q\n2 ok receive 2 key=q\n"
	perhapsHere = "6 invoke receive key=q\n6 info receive key=q !timeout\n"
)

func TestOrderIsDemandedWhereItWasPromised(t *testing.T) {
	for _, c := range []struct{ name, text, total, perProducer, perConsumer string }{
		{"in order", sent + sent2 + received + second, "valid", "valid", "valid"},
		{"another producer's message is first", sent + other + otherFirst + received, "reordered", "valid", "valid"},
		{"another consumer was first", sent + sent2 + secondAway + received, "reordered", "reordered", "valid"},
		{"the same producer and the same consumer", sent + sent2 + second + received, "reordered", "reordered", "reordered"},
		{"the other one came again", sent + sent2 + second + secondAway + received, "duplicated reordered", "duplicated reordered", "duplicated"},
		{"never seen", sent + sent2 + second, "reordered", "reordered", "unknown"},
		{"with receives of unknown outcome", sent + sent2 + perhapsHere + second + received, "reordered", "reordered", "reordered"},
	} {
		for want, options := range map[*string][]delivery.Option{&c.total: nil, &c.perProducer: {delivery.PerProducer()}, &c.perConsumer: {delivery.PerConsumer()}} {
			h := script.Parse(t, c.text)
			got := check(t, delivery.New(delivery.ExactlyOnce, options...), h)
			if said := summary(got); said != *want {
				t.Errorf("%s: %s, want %s: %s", c.name, said, *want, got.Reason)
			}
		}
	}
}

func TestPerhapsTheFirstDeliveryWasNotSeen(t *testing.T) {
	for text, want := range map[string]string{
		sent + sent2 + perhapsHere + second + received: "unknown",
		sent + sent2 + second + received + perhapsHere: "reordered",
		sent + sent2 + perhapsHere + received + second: "valid",
	} {
		got := check(t, delivery.New(delivery.AtLeastOnce, delivery.PerConsumer()), script.Parse(t, text))
		if said := summary(got); said != want {
			t.Errorf("%s, want %s: %s of\n%s", said, want, got.Reason, text)
		}
	}
}

func TestAProfileSaysWhatBreaksIt(t *testing.T) {
	for p, want := range map[delivery.Profile]string{
		delivery.ExactlyOnce: "phantom, aborted-read, lost, duplicated, redelivered-after-ack, reordered",
		delivery.AtLeastOnce: "phantom, aborted-read, lost, redelivered-after-ack, reordered",
		delivery.AtMostOnce:  "phantom, aborted-read, duplicated, redelivered-after-ack, reordered",
	} {
		got := check(t, delivery.New(p), script.Parse(t, sent+received)).Parts[0].Stats[0]
		if want := (checkers.Stat{Name: "this profile is broken by", Value: want}); got != want {
			t.Errorf("%v: %v", p, got)
		}
	}
}

func TestOrderIsAPartOfItsOwn(t *testing.T) {
	got := check(t, delivery.New(delivery.ExactlyOnce), script.Parse(t, sent+sent2+second+received+drained))
	if len(got.Parts) != 2 || got.Parts[0].Validity != checkers.Valid || got.Parts[1].Validity != checkers.Invalid || got.Parts[1].Checker != "order" {
		t.Errorf("%+v", got.Parts)
	}
}

func TestMissingMessagesThatMayHaveBeenTakenAreTold(t *testing.T) {
	got := check(t, delivery.New(delivery.ExactlyOnce), script.Parse(t, sent+sent2+blind+received+drained))
	if want := "1 acknowledged message is missing too, but may have been taken by receives of unknown outcome"; !strings.Contains(got.Reason, want) {
		t.Errorf("%q lacks %q", got.Reason, want)
	}
}

func TestAWrongEmptyAnswerIsCounted(t *testing.T) {
	got := check(t, delivery.New(delivery.ExactlyOnce), script.Parse(t, sent+strings.ReplaceAll(drained, " final", "")+received))
	stats := got.Parts[0].Stats
	if want := (checkers.Stat{Name: "called empty while a message was waiting", Value: "1"}); stats[len(stats)-1] != want {
		t.Errorf("%v", stats)
	}
}

// The golden file is there to be read: it has every kind of explanation.
func TestExplanationsCanBeFollowed(t *testing.T) {
	var all strings.Builder
	for _, c := range known {
		all.WriteString(script.Explained(c.name, check(t, delivery.New(delivery.ExactlyOnce), script.Parse(t, c.text))))
	}
	script.Golden(t, "testdata/explanations.txt", all.String(), *update)
}
