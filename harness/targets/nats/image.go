package nats

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
)

const (
	defaultVersion = "2.12.1"

	// The server that is built here takes a configuration from this variable of its
	// environment, and reads it as this file.
	configVariable = "NATS_CONFIG"
	configFile     = "/nats.conf"
)

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
	build := "assay image build nats --version " + version
	if configured(cfg) {
		return cluster.Image{
			Reference: built(version),
			Recipe:    server(version),
			Advice:    "published images take no configuration but from files; build one that does with: " + build,
		}, nil
	}
	return cluster.Image{
		Reference: "docker.io/library/nats:" + version,
		Preferred: []string{built(version)},
		Advice:    fmt.Sprintf("build one from source with: %s, or name another with --image", build),
	}, nil
}

// configured says that servers are to be told what has no argument.
func configured(cfg cluster.Config) bool {
	return setting(cfg, "sync") == "always" || setting(cfg, "compression") != "off"
}

// compressible returns nil if the version can do what was chosen.
func compressible(cfg cluster.Config) error {
	if setting(cfg, "compression") == "off" || cfg.Image != "" {
		return nil
	}
	version, err := parse(setting(cfg, "version"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(version, "2.9.") {
		return fmt.Errorf("setting compression=%s: servers compress what they send each other from 2.10 on, not in %s", setting(cfg, "compression"), version)
	}
	return nil
}

// built is the reference of an image that was built from source.
func built(version string) string { return "assay/nats:" + version }

// Recipe implements cluster.Versioned: an image of any published version from 2.9,
// compiled from source.
func (Target) Recipe(version string) (cluster.Image, error) {
	version, err := parse(version)
	if err != nil {
		return cluster.Image{}, err
	}
	return cluster.Image{Reference: built(version), Recipe: server(version)}, nil
}

// server is a module that starts the server just as its own main function does, with
// one thing more: it finds its configuration in the environment, because an image
// made of a single executable has no file for it.
func server(version string) gobuild.Module {
	return gobuild.Module{
		Name: "nats-server " + version,
		Path: "/usr/local/bin/nats-server",
		Files: map[string]string{
			"go.mod": "module server\n\ngo 1.24\n\nrequire github.com/nats-io/nats-server/v2 v" + version + "\n",
			"main.go": `package main

import (
	"flag"
	"os"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	if text := os.Getenv("` + configVariable + `"); text != "" {
		check(os.WriteFile("` + configFile + `", []byte(text), 0o644))
	}
	flags := flag.NewFlagSet("nats-server", flag.ExitOnError)
	options, err := server.ConfigureOptions(flags, os.Args[1:], server.PrintServerAndExit, flags.Usage, server.PrintTLSHelpAndDie)
	check(err)
	s, err := server.NewServer(options)
	check(err)
	s.ConfigureLogger()
	check(server.Run(s))
	s.WaitForShutdown()
}

func check(err error) {
	if err != nil {
		server.PrintAndDie("nats-server: " + err.Error())
	}
}
`,
		},
	}
}

var versionForm = regexp.MustCompile(`^2\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})(-[0-9A-Za-z][0-9A-Za-z.-]*)?$`)

// parse accepts 2.12.1, v2.12.1 and 2.12.0-RC.1, and returns it without the v. Before
// 2.9, servers do not know how the client library makes consumers.
func parse(version string) (string, error) {
	trimmed := strings.TrimPrefix(version, "v")
	form := versionForm.FindStringSubmatch(trimmed)
	if form == nil {
		return "", fmt.Errorf("nats has no version %q: give one like %s", version, defaultVersion)
	}
	if minor, err := strconv.Atoi(form[1]); err != nil || minor < 9 {
		return "", fmt.Errorf("nats %s is too old for the client library: 2.9.0 and later can be tested", trimmed)
	}
	return trimmed, nil
}
