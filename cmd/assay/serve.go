package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/interrupt"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/serve"
)

const aboutServe = `Serve shows all runs in a browser: a table with search and filters, each run with its
files, two runs side by side, which promises of a target broke in which version, and a
run that is going on, live. It only reads.

It listens on loopback unless --listen says otherwise. There is no login: whoever
reaches the address reads everything below the directory. It answers to addresses, to
localhost and to this machine's name; name others with --allow-host.`

// serveFlags are what 'assay serve' can be told.
type serveFlags struct {
	results, listen string
	hosts           []string
}

func newServeCmd() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Show all runs in a browser",
		Long:  aboutServe,
		Example: `  assay serve
  assay serve --results /var/lib/assay --listen 0.0.0.0:7700 --allow-host assay.example.org`,
		Args: between(0, 0),
	}
	resultsFlag(c, &f.results)
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:7700", "`address` to listen on; port 0 chooses a free one")
	c.Flags().StringArrayVar(&f.hosts, "allow-host", nil, "another `name` by which the server may be called; may be repeated")
	c.RunE = func(c *cobra.Command, _ []string) error { return f.run(c) }
	return c
}

func (f *serveFlags) run(c *cobra.Command) error {
	root, err := f.root()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return exit.Misuse("--listen: %w; name another one, or port 0 for any that is free", err)
	}
	ctx, stop := interrupt.Watch(c.Context(), func() {}, func() { os.Exit(exit.Abandoned) })
	defer stop()
	fmt.Fprintf(c.OutOrStdout(), "runs in %s: http://%s/\n", root, listener.Addr())
	if !isLoopback(listener.Addr()) {
		fmt.Fprintln(c.ErrOrStderr(), "assay: whoever reaches this address reads all runs; there is no login")
	}
	return serve.Serve(ctx, listener, serve.Config{Root: root, Hosts: f.hosts, Program: invocation()})
}

// root is the directory, which may be made later by a first run.
func (f *serveFlags) root() (string, error) {
	root, err := filepath.EvalSymlinks(f.results)
	if errors.Is(err, os.ErrNotExist) {
		return f.results, nil
	}
	if err != nil {
		return "", exit.Misuse("--results: %w", err)
	}
	info, err := os.Stat(root)
	if err != nil {
		return "", exit.Misuse("--results: %w", err)
	}
	if !info.IsDir() {
		return "", exit.Misuse("--results %s: is no directory", f.results)
	}
	if _, err := os.Stat(filepath.Join(root, results.RunFile)); err == nil {
		return "", exit.Misuse("--results %s: is a run; name the directory that holds runs, such as %s", f.results, filepath.Dir(filepath.Dir(root)))
	}
	return root, nil
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
