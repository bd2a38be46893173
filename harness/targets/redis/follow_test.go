package redis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assaykit/assay/workloads"
)

// clustered is a client of a cluster of nodes n1, n2, ..., each of which gives one answer to
// every command. It enters by n1.
func clustered(t *testing.T, answers ...string) *client {
	t.Helper()
	target := New()
	var entry node
	for i, answer := range answers {
		n := answering(t, answer)
		n.name = fmt.Sprintf("n%d", i+1)
		target.servers.add(n)
		if i == 0 {
			entry = n
		}
	}
	c, err := target.Dial(t.Context(), entry, with("mode=cluster"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*client)
}

func TestClientsFollowWhereTheyAreSent(t *testing.T) {
	for name, answers := range map[string][]string{
		"the own node":    {":1"},
		"another one":     {"-MOVED 7 n2:6379", ":1"},
		"one after other": {"-MOVED 7 n3:6379", ":1", "-MOVED 7 n2:6379"},
		"for this once":   {"-ASK 7 n2:6379", ":1"},
	} {
		c := clustered(t, answers...)
		if err := c.Write(t.Context(), "k", 1); err != nil {
			t.Errorf("%s: write: %v", name, err)
		}
		if count, err := c.Count(t.Context(), "k"); count != 1 || err != nil {
			t.Errorf("%s: read: %d, %v", name, count, err)
		}
	}
}

func TestClientsRememberWhereAKeyIs(t *testing.T) {
	c := clustered(t, "-MOVED 7 n2:6379", ":1")
	if err := c.Add(t.Context(), "s", 1); err != nil || c.owners["set:s"] != "n2" || len(c.owners) != 1 {
		t.Errorf("a key of n2: %v, %v", c.owners, err)
	}
	c = clustered(t, "-ASK 7 n2:6379", ":1")
	if err := c.Add(t.Context(), "s", 1); err != nil || len(c.owners) != 0 {
		t.Errorf("a key that is there for once: %v, %v", c.owners, err)
	}
}

// What proves that nothing was done, and what does not; after either the client begins
// again with its own node.
func TestWaysThatEndNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		answers  []string
		noEffect bool
	}{
		"round in circles":          {[]string{"-MOVED 7 n2:6379", "-MOVED 7 n1:6379"}, true},
		"round in circles, by once": {[]string{"-ASK 7 n2:6379", "-ASK 7 n1:6379"}, true},
		"to nobody":                 {[]string{"-MOVED 7 ?:6379"}, true},
		"to no name":                {[]string{"-MOVED 7 :6379"}, true},
		"to a stranger":             {[]string{"-MOVED 7 n9:6379"}, true},
		"down":                      {[]string{"-MOVED 7 n2:6379", "-CLUSTERDOWN The cluster is down"}, true},
		"later":                     {[]string{"-TRYAGAIN Multiple keys request during rehashing of slot"}, true},
		"two slots":                 {[]string{"-CROSSSLOT Keys in request don't hash to the same slot"}, true},
		"hangs up":                  {[]string{"-MOVED 7 n2:6379", ""}, false},
		"an error":                  {[]string{"-MOVED 7 n2:6379", "-ERR something"}, false},
	} {
		client := clustered(t, c.answers...)
		err := client.Write(t.Context(), "k", 1)
		if err == nil || workloads.IsNoEffect(err) != c.noEffect {
			t.Errorf("%s: %v, no effect is %t", name, err, workloads.IsNoEffect(err))
		}
		if len(client.owners) != 0 {
			t.Errorf("%s: owners are %v", name, client.owners)
		}
		if _, _, err := client.Read(t.Context(), "k"); err == nil || !workloads.IsNoEffect(err) {
			t.Errorf("%s: read: %v", name, err)
		}
	}
}

const threeMembers = `07c3 172.18.0.2:6379@16379,n1 myself,master - 0 1426238316232 2 connected 0-5460
e7d1 172.18.0.3:6379@16379,n2 master - 0 1426238317239 1 connected 5461-10922 10930
8247 172.18.0.4:6379@16379,n3 slave e7d1 0 1426238317741 1 connected
`

func TestMembersInDoubtAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"sound":            {"", "", ""},
		"failed":           {"n2 master", "n2 master,fail", "n2"},
		"perhaps failed":   {"n3 slave", "n3 slave,fail?", "n3"},
		"no connection":    {"316232 2 connected", "316232 2 disconnected", "n1"},
		"not yet known":    {",n3", ",", "n3"},
		"not met":          {"n2 master", "n2 handshake,master", "n2"},
		"nothing to do":    {" 0-5460", "", "n1"},
		"another language": {"slave e7d1 0 1426238317741 1 connected", "slave", "told as"},
	} {
		members, err := parseMembers(strings.Replace(threeMembers, c.old, c.new, 1))
		if err == nil {
			_, err = agreeable(members, members3().Nodes())
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func members3() members { return members{{name: "n1"}, {name: "n2"}, {name: "n3"}} }

func TestMembersAgreeOnSlots(t *testing.T) {
	if err := agreed(members3().Nodes(), []string{"n1: 0-9", "n1: 0-9", "n1: 0-9"}); err != nil {
		t.Error(err)
	}
	err := agreed(members3().Nodes(), []string{"n1: 0-9", "n1: 0-9", "n2: 0-9"})
	if err == nil || !strings.Contains(err.Error(), "n3 sees n2: 0-9") {
		t.Error(err)
	}
}

func TestAClusterIsNotReady(t *testing.T) {
	for want, answer := range map[string]string{
		"does not serve":                "$18\r\ncluster_state:fail",
		"n1: ERR This instance has":     "-ERR This instance has cluster support disabled",
		"n1 is not connected to \"n2\"": "",
	} {
		roles := map[string]role{"n1": {master: answer != "", follows: "n2"}}
		err := assembled(t.Context(), members{answering(t, answer)}, roles)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}
