package compose

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/assaykit/assay/harness/cluster"
)

// clientPort is the name of the port that clients use, readyPort that of another one at
// which a node is asked whether it is ready.
const (
	clientPort = "client"
	readyPort  = "ready"
)

// plan is what a compose file says: nodes as they are to be run, and how each of them is
// known to be ready.
type plan struct {
	specs []cluster.NodeSpec
	ready map[string]readiness
	// others are the names of services beside their own.
	others map[string][]string
}

// names are the nodes under test.
func (p *plan) names() []string {
	var names []string
	for _, s := range p.specs {
		if !s.Container.Aside {
			names = append(names, s.Name)
		}
	}
	return names
}

// read reads a compose file. Its errors name the file, and the line where they can.
func read(ctx context.Context, path string) (*plan, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("read the compose file: %w", err)
	}
	t := readText(path)
	// The folder of the file is where its relative paths begin, and where .env is, as for
	// docker compose.
	options, err := cli.NewProjectOptions([]string{path},
		cli.WithWorkingDirectory(filepath.Dir(path)), cli.WithOsEnv, cli.WithEnvFiles(), cli.WithDotEnv, cli.WithName("assay"))
	if err != nil {
		return nil, t.locate(err)
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, t.locate(err)
	}
	return planOf(project, t)
}

func planOf(project *types.Project, t text) (*plan, error) {
	general := wish{node: true}
	if err := general.read(withoutNodes(project.Extensions[extension]), []string{extension}, t); err != nil {
		return nil, err
	}
	chosen, err := chosenNodes(project, t)
	if err == nil {
		err = refuseShared(project, t)
	}
	if err != nil {
		return nil, err
	}
	names, err := otherNames(project, t)
	if err != nil {
		return nil, err
	}
	p := &plan{ready: map[string]readiness{}, others: names}
	once := awaitedEnds(project)
	for _, name := range project.ServiceNames() {
		w := general
		w.once = slices.Contains(once, name)
		w.node = !w.once && (len(chosen) == 0 || slices.Contains(chosen, name))
		if err := p.add(project, project.Services[name], w, t); err != nil {
			return nil, err
		}
	}
	if len(p.names()) == 0 {
		return nil, fmt.Errorf("%s: no service is a node to be tested", t.path)
	}
	return p, nil
}

// withoutNodes is the extension without its list of nodes, which is read apart.
func withoutNodes(raw any) any {
	fields, ok := raw.(map[string]any)
	if !ok {
		return raw
	}
	rest := map[string]any{}
	for key, value := range fields {
		if key != keyNodes {
			rest[key] = value
		}
	}
	return rest
}

// chosenNodes are the services that are to be nodes; none means all.
func chosenNodes(project *types.Project, t text) ([]string, error) {
	fields, _ := project.Extensions[extension].(map[string]any)
	raw, said := fields[keyNodes]
	if !said {
		return nil, nil
	}
	list, ok := raw.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("%s: nodes has to be a list of services", t.at(extension, keyNodes))
	}
	var names []string
	for i, item := range list {
		name, _ := item.(string)
		if _, there := project.Services[name]; !there {
			return nil, fmt.Errorf("%s: there is no service %v; there are %v", t.at(extension, keyNodes, strconv.Itoa(i)), item, project.ServiceNames())
		}
		names = append(names, name)
	}
	return names, nil
}

// add makes a node of a service.
func (p *plan) add(project *types.Project, s types.ServiceConfig, w wish, t text) error {
	if err := refuse(s, t); err != nil {
		return err
	}
	if err := w.read(s.Extensions[extension], []string{"services", s.Name, extension}, t); err != nil {
		return err
	}
	if err := contradicts(project, s, w, t); err != nil {
		return err
	}
	w.node = w.node && !w.once
	folders, files, err := storage(s, project, t)
	if err != nil {
		return err
	}
	given, err := handed(s, project, t)
	if err != nil {
		return err
	}
	files = append(files, given...)
	if err := unhidden(files, append([]string{w.data}, folders...), s, t); err != nil {
		return err
	}
	spec := cluster.NodeSpec{
		Name: s.Name, Image: image(s, t), Entrypoint: s.Entrypoint, Args: s.Command, Env: environment(s),
		Container: cluster.Container{
			User: s.User, Folder: s.WorkingDir, Files: files, Health: health(s.HealthCheck), After: after(project, s),
			Host: s.Hostname, Names: p.others[s.Name], Scratch: s.Tmpfs, Limits: limits(s), Init: s.Init != nil && *s.Init,
			Aside: !w.node, Once: w.once,
		},
	}
	spec.Container.Data, spec.Container.Volumes = durable(w.data, folders)
	if w.node {
		if spec.Ports, err = ports(s, &w, t); err != nil {
			return err
		}
		p.ready[s.Name] = w.ready
	}
	p.specs = append(p.specs, spec)
	return nil
}

// contradicts says that a service was said to be two things of which it can be only one:
// what runs once is no node, and others may wait for its end, and not for its health.
func contradicts(project *types.Project, s types.ServiceConfig, w wish, t text) error {
	said, _ := s.Extensions[extension].(map[string]any)
	chosen, err := chosenNodes(project, t)
	switch {
	case err != nil:
		return err
	case !w.once && slices.Contains(awaitedEnds(project), s.Name):
		return fmt.Errorf("%s: service %s: another one waits for its end; leave out once: false", t.at("services", s.Name, extension, keyOnce), s.Name)
	case w.once && said[keyNode] == true:
		return fmt.Errorf("%s: service %s: what runs once is no node", t.at("services", s.Name, extension, keyNode), s.Name)
	case w.once && slices.Contains(chosen, s.Name):
		return fmt.Errorf("%s: service %s: what runs once is no node", t.at(extension, keyNodes), s.Name)
	}
	for _, other := range project.ServiceNames() {
		if w.once && project.Services[other].DependsOn[s.Name].Condition == types.ServiceConditionHealthy {
			return fmt.Errorf("%s: service %s: %s runs once, and has no health to wait for; wait for its end by service_completed_successfully",
				t.at("services", other, "depends_on", s.Name), other, s.Name)
		}
	}
	return nil
}

func image(s types.ServiceConfig, t text) cluster.Image {
	advice := "make it or pull it by hand, or name another one in " + t.at("services", s.Name, "image")
	if s.Build != nil {
		advice = fmt.Sprintf("make it with: docker compose -f %s build %s", t.path, s.Name)
	}
	return cluster.Image{Reference: s.Image, Advice: advice}
}

func environment(s types.ServiceConfig) []string {
	var all []string
	for name, value := range s.Environment {
		if value != nil {
			all = append(all, name+"="+*value)
		}
	}
	slices.Sort(all)
	return all
}

// durable says which folder is the node's data: the one that was named, or else the first
// volume.
func durable(named string, folders []string) (data string, others []string) {
	if named == "" && len(folders) > 0 {
		named = folders[0]
	}
	return named, slices.DeleteFunc(folders, func(f string) bool { return f == named })
}

func health(h *types.HealthCheckConfig) *cluster.Health {
	if h == nil || h.Disable || len(h.Test) == 0 || h.Test[0] == "NONE" {
		return nil
	}
	made := &cluster.Health{Test: h.Test}
	for from, to := range map[*types.Duration]*time.Duration{h.Interval: &made.Interval, h.Timeout: &made.Timeout, h.StartPeriod: &made.StartPeriod} {
		if from != nil {
			*to = time.Duration(*from)
		}
	}
	if h.Retries != nil {
		made.Retries = int(*h.Retries)
	}
	return made
}

func limits(s types.ServiceConfig) []cluster.Limit {
	var all []cluster.Limit
	for _, resource := range slices.Sorted(maps.Keys(s.Ulimits)) {
		u := s.Ulimits[resource]
		soft, hard := u.Soft, u.Hard
		if u.Single != 0 {
			soft, hard = u.Single, u.Single
		}
		all = append(all, cluster.Limit{Resource: resource, Soft: int64(soft), Hard: int64(hard)})
	}
	return all
}

// awaitedEnds are the services whose end others wait for.
func awaitedEnds(project *types.Project) []string {
	var names []string
	for _, s := range project.Services {
		for name, d := range s.DependsOn {
			if d.Condition == types.ServiceConditionCompletedSuccessfully {
				names = append(names, name)
			}
		}
	}
	return names
}

// after are the services that a service waits for. Of those without which it does not have
// to be, some may not be there, as their profile was not chosen.
func after(project *types.Project, s types.ServiceConfig) []cluster.Dependency {
	var all []cluster.Dependency
	for _, name := range s.GetDependencies() {
		if _, there := project.Services[name]; !there {
			continue
		}
		all = append(all, cluster.Dependency{Node: name, Healthy: s.DependsOn[name].Condition == types.ServiceConditionHealthy})
	}
	return all
}

// ports are those that have to be reached from outside. What is open in the wish about
// them is decided.
func ports(s types.ServiceConfig, w *wish, t text) (map[string]int, error) {
	if w.port == 0 {
		w.port = firstPort(s)
	}
	if w.port == 0 {
		return nil, fmt.Errorf("%s: service %s: which port do clients use? Say so by %s: {port: 8080}, or by ports", t.at("services", s.Name), s.Name, extension)
	}
	if w.ready.how == "" {
		w.ready.how = "tcp"
		if health(s.HealthCheck) != nil {
			w.ready.how = "health"
		}
	}
	if w.ready.how == "health" && health(s.HealthCheck) == nil {
		return nil, fmt.Errorf("%s: service %s: it is to be asked for its health but has no healthcheck", t.at("services", s.Name), s.Name)
	}
	all := map[string]int{clientPort: w.port}
	if w.ready.port != 0 && w.ready.port != w.port {
		all[readyPort] = w.ready.port
	}
	return all, nil
}

// firstPort is the first one of TCP that the service publishes or exposes.
func firstPort(s types.ServiceConfig) int {
	for _, p := range s.Ports {
		if p.Protocol == "" || p.Protocol == "tcp" {
			return int(p.Target)
		}
	}
	for _, text := range s.Expose {
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	}
	return 0
}
