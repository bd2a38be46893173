package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// otherNames are those by which services reach each other beside their own: host names,
// names of containers, aliases on networks and of links. Here all services know them,
// which is why two cannot have the same.
func otherNames(project *types.Project, t text) (map[string][]string, error) {
	names := map[string][]string{}
	owner := map[string]string{}
	add := func(service, name string, at ...string) error {
		_, isService := project.Services[name]
		other, taken := owner[name]
		switch {
		case name == "" || name == service || taken && other == service:
			return nil
		case isService || taken:
			if isService {
				other = name
			}
			return fmt.Errorf("%s: services %s and %s are both to be known as %s; here a name stands for one", t.at(at...), other, service, name)
		}
		owner[name] = service
		names[service] = append(names[service], name)
		return nil
	}
	for _, service := range project.ServiceNames() {
		s := project.Services[service]
		if err := add(service, s.Hostname, "services", service, "hostname"); err != nil {
			return nil, err
		}
		if err := add(service, s.ContainerName, "services", service, "container_name"); err != nil {
			return nil, err
		}
		for network, n := range s.Networks {
			if n == nil {
				continue
			}
			for _, alias := range n.Aliases {
				if err := add(service, alias, "services", service, "networks", network, "aliases"); err != nil {
					return nil, err
				}
			}
		}
		for _, link := range s.Links {
			to, alias, _ := strings.Cut(link, ":")
			if err := add(to, alias, "services", service, "links"); err != nil {
				return nil, err
			}
		}
	}
	for _, list := range names {
		slices.Sort(list)
	}
	return names, nil
}
