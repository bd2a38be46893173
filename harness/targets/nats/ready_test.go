package nats

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/assaykit/assay/harness/cluster"
)

// node is one at an address, whichever port is asked for.
type node struct {
	cluster.Node
	name, address string
}

func (n node) Name() string       { return n.name }
func (n node) Addr(string) string { return n.address }

// members are a cluster that is nothing but its nodes.
type members []node

func (n members) Runtime() string                    { return "test" }
func (n members) Capabilities() cluster.Capabilities { return nil }
func (n members) Close(context.Context) error        { return nil }
func (n members) Nodes() (list []cluster.Node) {
	for _, node := range n {
		list = append(list, node)
	}
	return list
}

// monitor is a node that says who leads the cluster and who leads its streams.
func monitor(t *testing.T, name, meta, replicas string, streams ...string) node {
	t.Helper()
	var details []string
	for _, leader := range streams {
		details = append(details, fmt.Sprintf(`{"name":"s","state":{"messages":3},"cluster":{"leader":%q}}`, leader))
	}
	text := fmt.Sprintf(`{"meta_cluster":{"leader":%q,"replicas":[%s]},"account_details":[{"stream_detail":[%s]}]}`,
		meta, replicas, strings.Join(details, ","))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			http.Error(w, `{"status":"unavailable","error":"JetStream is not current"}`, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return node{name: name, address: strings.TrimPrefix(s.URL, "http://")}
}

func gone(name string) node { return node{name: name, address: "127.0.0.1:1"} }

func TestLeadersAreThoseOfStreams(t *testing.T) {
	for _, c := range []struct {
		nodes members
		want  []string
	}{
		// n3 was cut off and does not know yet.
		{members{monitor(t, "n1", "n2", "", "n1"), monitor(t, "n2", "n2", "", "n1"), monitor(t, "n3", "n2", "", "n3"), gone("n4")}, []string{"n1", "n3"}},
		// Before there are streams.
		{members{monitor(t, "n1", "n2", ""), monitor(t, "n2", "n2", ""), gone("n3")}, []string{"n2"}},
		{members{gone("n1"), gone("n2")}, nil},
	} {
		got, err := New().Leaders(t.Context(), c.nodes, cluster.Config{})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("got %v, %v, want %v", got, err, c.want)
		}
	}
}

func TestTheLeaderOfTheClusterHasToKnowAllNodes(t *testing.T) {
	const here, behind, away = `{"current":true}`, `{"current":false}`, `{"current":true,"offline":true}`
	for replicas, want := range map[string]bool{
		here + "," + here: true, here: false, here + "," + behind: false, here + "," + away: false, "": false,
	} {
		c := members{monitor(t, "n1", "n2", ""), monitor(t, "n2", "n2", replicas), monitor(t, "n3", "n2", "")}
		if err := complete(t.Context(), c); (err == nil) != want {
			t.Errorf("replicas %s: %v", replicas, err)
		}
	}
}

func TestAStreamThatIsThereHasBeenPlaced(t *testing.T) {
	c := members{monitor(t, "n1", "n2", ""), monitor(t, "n2", "n2", `{"current":false}`, "n2"), monitor(t, "n3", "n2", "")}
	if err := complete(t.Context(), c); err != nil {
		t.Error(err)
	}
}

func TestReadyNamesTheNodeAndWhatWasLastSeen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := New().Ready(ctx, members{monitor(t, "n1", "n1", "")}, cluster.Config{})
	for _, want := range []string{"n1", "deadline", "JetStream is not current"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}

func TestEveryRouteHasToBeCompressed(t *testing.T) {
	for routes, want := range map[string]string{
		`[{"remote_name":"n2","compression":"s2_fast"},{"remote_name":"n3","compression":"s2_fast"}]`: "",
		`[{"remote_name":"n2","compression":"s2_fast"},{"remote_name":"n3","compression":"accept"}]`:  `the compression of the route to n3 is "accept", not s2_fast`,
		`[]`:                     "there is no route to another node",
		`[{"remote_name":"n2"}]`: `the compression of the route to n2 is "", not s2_fast`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/routez" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprintf(w, `{"routes":%s}`, routes)
		}))
		err := compresses(t.Context(), node{name: "n1", address: strings.TrimPrefix(s.URL, "http://")}, 2, "s2_fast")
		s.Close()
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%s: %s, want %s", routes, got, want)
		}
	}
}

func TestASetIsReadUpToWhatWasStoredBefore(t *testing.T) {
	leader := &jetstream.ClusterInfo{Leader: "n1", Replicas: []*jetstream.PeerInfo{{Name: "n2"}}}
	for _, c := range []struct {
		info jetstream.StreamInfo
		want bool
	}{
		{jetstream.StreamInfo{Cluster: leader, State: jetstream.StreamState{LastSeq: 7}}, true},
		{jetstream.StreamInfo{Cluster: leader, State: jetstream.StreamState{LastSeq: 9}}, true},
		{jetstream.StreamInfo{State: jetstream.StreamState{LastSeq: 7}}, true},
		{jetstream.StreamInfo{Cluster: leader, State: jetstream.StreamState{LastSeq: 6}}, false},
		{jetstream.StreamInfo{Cluster: &jetstream.ClusterInfo{}, State: jetstream.StreamState{LastSeq: 7}}, false},
	} {
		if err := upTo(&c.info, 7); (err == nil) != c.want {
			t.Errorf("%+v: %v", c.info, err)
		}
	}
}

func TestOnlyAStreamsLeaderKnowsWhatIsInIt(t *testing.T) {
	peers := func(names ...string) (list []*jetstream.PeerInfo) {
		for _, name := range names {
			list = append(list, &jetstream.PeerInfo{Name: name, Current: true})
		}
		return list
	}
	for _, c := range []struct {
		told *jetstream.ClusterInfo
		want bool
	}{
		{nil, true},
		{&jetstream.ClusterInfo{Leader: "n1"}, true},
		{&jetstream.ClusterInfo{Leader: "n1", Replicas: peers("n2", "n3")}, true},
		// A replica that leaves itself out.
		{&jetstream.ClusterInfo{Leader: "n1", Replicas: peers("n1", "n3")}, false},
		// One that waits for an election.
		{&jetstream.ClusterInfo{Replicas: peers("n1", "n2", "n3")}, false},
	} {
		if err := fromLeader(c.told); (err == nil) != c.want {
			t.Errorf("%+v: %v", c.told, err)
		}
	}
}
