package redis

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/harness/cluster"
)

func TestAReplicaIsFedByWayOfOthers(t *testing.T) {
	follows := func(name string) role { return role{follows: name, connected: true} }
	for name, c := range map[string]struct {
		roles map[string]role
		want  bool
	}{
		"a star":                {map[string]role{"n1": {master: true}, "n2": follows("n1"), "n3": follows("n1")}, true},
		"a chain":               {map[string]role{"n1": {master: true}, "n2": follows("n1"), "n3": follows("n2")}, true},
		"a broken chain":        {map[string]role{"n1": {master: true}, "n2": {follows: "n1"}, "n3": follows("n2")}, false},
		"a ring beside":         {map[string]role{"n1": {master: true}, "n2": follows("n3"), "n3": follows("n2")}, false},
		"somebody from outside": {map[string]role{"n1": {master: true}, "n2": follows("n9"), "n3": follows("n1")}, false},
	} {
		whole := true
		for node := range c.roles {
			whole = whole && fed(c.roles, node, "n1") == nil
		}
		if whole != c.want {
			t.Errorf("%s: %t", name, whole)
		}
	}
}

func TestThereIsOneMaster(t *testing.T) {
	if got, err := onlyMaster(map[string]role{"n1": {}, "n2": {master: true}}); got != "n2" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, roles := range []map[string]role{{"n1": {}}, {"n1": {master: true}, "n2": {master: true}}} {
		if got, err := onlyMaster(roles); err == nil {
			t.Errorf("%v: %q", roles, got)
		}
	}
}

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

const (
	isMaster  = "*3\r\n$6\r\nmaster\r\n:7\r\n*0"
	isReplica = "*5\r\n$5\r\nslave\r\n$2\r\nn2\r\n:6379\r\n$9\r\nconnected\r\n:7"
)

func TestLeadersAreAllWhoSayThatTheyAreMasters(t *testing.T) {
	c := members{answering(t, isReplica), answering(t, isMaster), answering(t, isMaster), {name: "n4", address: "127.0.0.1:1"}}
	for i, name := range []string{"n1", "n2", "n3"} {
		c[i].name = name
	}
	got, err := New().Leaders(t.Context(), c, cluster.Config{})
	if err != nil || strings.Join(got, " ") != "n2 n3" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestReadyNamesWhatWasLastSeen(t *testing.T) {
	c := members{answering(t, isReplica)}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := New().Ready(ctx, c, cluster.Config{})
	for _, want := range []string{"deadline", "masters are []"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := New().Ready(ctx, members{answering(t, isMaster)}, with("mode=single")); err != nil {
		t.Error(err)
	}
}

// whoever is what a server and its sentinel say of n1, the master, which has come to 7.
func whoever(role string) func(command []string) string {
	return func(command []string) string {
		switch strings.ToUpper(strings.Join(command[:min(2, len(command))], " ")) {
		case "ROLE":
			return role
		case "SENTINEL GET-MASTER-ADDR-BY-NAME":
			return "*2\r\n" + bulk("n1") + "\r\n" + bulk("6379")
		case "SENTINEL REPLICAS":
			return "*1\r\n*2\r\n" + bulk("name") + "\r\n" + bulk("n2")
		case "SENTINEL CKQUORUM":
			return "+OK 2 usable Sentinels. Quorum and failover authorization can be reached"
		}
		return "$-1"
	}
}

// A replica is connected while it still has to execute what it was sent, and reads of it
// would miss what was acknowledged before the cluster was ready.
func TestAReplicaHasToHaveWhatTheMasterHad(t *testing.T) {
	for offset, want := range map[string]string{":6": "n2 has executed 6 of 7 bytes", ":7": "", ":8": ""} {
		replica := strings.Replace(strings.Replace(isReplica, "n2", "n1", 1), ":7", offset, 1)
		c := members{serving(t, whoever(isMaster)), serving(t, whoever(replica))}
		c[1].name = "n2"
		err := whole(t.Context(), c, "sentinel")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("at %s: %v", offset, err)
		}
	}
}
