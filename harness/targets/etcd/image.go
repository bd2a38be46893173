package etcd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
)

const defaultVersion = "3.5.17"

// image is the one that a user named, otherwise one of the chosen version: what
// was built on this machine wins over what is published.
func image(cfg cluster.Config) (cluster.Image, error) {
	if cfg.Image != "" {
		return cluster.Image{Reference: cfg.Image}, nil
	}
	version, err := parse(setting(cfg, "version"))
	if err != nil {
		return cluster.Image{}, err
	}
	return cluster.Image{
		Reference: "gcr.io/etcd-development/etcd:v" + version,
		Preferred: []string{built(version)},
		Advice: fmt.Sprintf("build one from source with: assay image build etcd --version %s, "+
			"or name another with --image", version),
	}, nil
}

// built is the reference of an image that was built from source.
func built(version string) string { return "assay/etcd:" + version }

// Recipe implements cluster.Versioned: an image of any published version from
// 3.5.0, compiled from source.
func (Target) Recipe(version string) (cluster.Image, error) {
	version, err := parse(version)
	if err != nil {
		return cluster.Image{}, err
	}
	// Before 3.5 the server was no module of its own and needs build scripts.
	if minor(version) < 5 {
		return cluster.Image{}, fmt.Errorf("etcd %s cannot be built as a Go module, only 3.5.0 and later can: "+
			"name an image of it with --image", version)
	}
	return cluster.Image{Reference: built(version), Recipe: server(version)}, nil
}

// server is a module that does no more than start etcd. The server's own main
// package cannot be installed by version, because its go.mod replaces modules by
// folders of its repository.
func server(version string) gobuild.Module {
	return gobuild.Module{
		Name: "etcd " + version,
		Path: "/usr/local/bin/etcd",
		Files: map[string]string{
			"go.mod": "module server\n\ngo 1.24\n\nrequire go.etcd.io/etcd/server/v3 v" + version + "\n",
			"main.go": `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`,
		},
	}
}

var versionForm = regexp.MustCompile(`^3\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})(-[0-9A-Za-z][0-9A-Za-z.-]*)?$`)

// parse accepts 3.5.17, v3.5.17 and 3.6.0-rc.1, and returns it without the v.
func parse(version string) (string, error) {
	trimmed := strings.TrimPrefix(version, "v")
	if !versionForm.MatchString(trimmed) {
		return "", fmt.Errorf("etcd has no version %q: give one like %s", version, defaultVersion)
	}
	return trimmed, nil
}

// minor is the second number of a version that parse has returned.
func minor(version string) int {
	n, err := strconv.Atoi(versionForm.FindStringSubmatch(version)[1])
	if err != nil {
		panic("etcd: the form of a version has up to four digits: " + err.Error())
	}
	return n
}
