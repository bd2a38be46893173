package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/assaykit/assay/harness/cluster"
)

// What a server tells on its monitoring port (docs.nats.io, "Monitoring").

// healthy says what a node finds wrong with itself: no contact to the cluster's
// leader, streams or consumers of its own that are not up to date.
func healthy(ctx context.Context, node cluster.Node) error {
	return inspect(ctx, node, "/healthz", nil)
}

// standing is what a node says of itself: that it leads the cluster, with so many
// others in touch, and that it leads a stream.
type standing struct {
	meta    bool
	current int
	stream  bool
}

// ask asks a node what it leads. One that does not answer leads nothing.
func ask(ctx context.Context, node cluster.Node) standing {
	var answer struct {
		Meta struct {
			Leader   string
			Replicas []struct{ Current, Offline bool }
		} `json:"meta_cluster"`
		Accounts []struct {
			Streams []struct{ Cluster struct{ Leader string } } `json:"stream_detail"`
		} `json:"account_details"`
	}
	if inspect(ctx, node, "/jsz?accounts=true&streams=true", &answer) != nil {
		return standing{}
	}
	s := standing{meta: answer.Meta.Leader == node.Name()}
	for _, peer := range answer.Meta.Replicas {
		if peer.Current && !peer.Offline {
			s.current++
		}
	}
	for _, account := range answer.Accounts {
		for _, stream := range account.Streams {
			s.stream = s.stream || stream.Cluster.Leader == node.Name()
		}
	}
	return s
}

// compresses says which of its routes a node does not compress as it should, if any: an
// image that takes no configuration, or a server that knows no such thing, would have it
// look as if compression cost nothing. A node that has others has a route.
func compresses(ctx context.Context, node cluster.Node, others int, compression string) error {
	var answer struct {
		Routes []struct {
			Remote      string `json:"remote_name"`
			Compression string
		}
	}
	if err := inspect(ctx, node, "/routez", &answer); err != nil {
		return err
	}
	if others > 0 && len(answer.Routes) == 0 {
		return errors.New("there is no route to another node")
	}
	for _, route := range answer.Routes {
		if route.Compression != compression {
			return fmt.Errorf("the compression of the route to %s is %q, not %s", route.Remote, route.Compression, compression)
		}
	}
	return nil
}

func inspect(ctx context.Context, node cluster.Node, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node.Addr(monitorPort)+path, nil)
	if err != nil {
		return err
	}
	response, err := monitors.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// monitors keeps no connections, which would only be in the way once a node has been
// killed, and asks no proxy.
var monitors = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
