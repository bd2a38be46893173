package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaykit/assay/cmd/assay/internal/exit"
	"github.com/assaykit/assay/cmd/assay/internal/progress"
	"github.com/assaykit/assay/cmd/assay/internal/suggest"
	"github.com/assaykit/assay/harness/client/program"
	"github.com/assaykit/assay/workloads"
)

const aboutClientCheck = `Check starts a client program and tries whether it keeps to the protocol between
Assay and clients in any language: the first line, lines that make no sense, the
end of its standard input, an address at which nobody listens, a service that takes
everything and answers nothing. With --address it also executes every operation
that the program offers on the service there, with keys of their own.

harness/client/PROTOCOL.md is the protocol, on one page.

Exit codes:
  0  it keeps to the protocol
  1  it does not; the lines that begin with "wrong" say where
  3  the program could not be started or does not answer its first line
  4  wrong arguments`

func newClientCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "client",
		Short: "Clients in any language",
		Example: `  assay client check ./client
  assay client check --address 127.0.0.1:8080 python3 client.py`,
	}
	group(c, newClientCheckCmd())
	return c
}

func newClientCheckCmd() *cobra.Command {
	var address, workload string
	c := &cobra.Command{
		Use:   "check PROGRAM [ARGUMENT...]",
		Short: "Try whether a client program keeps to the protocol",
		Long:  aboutClientCheck,
		Example: `  assay client check ./client
  assay client check --address 127.0.0.1:8080 python3 client.py`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Misuse("an argument is missing; write '%s'", c.UseLine())
			}
			return errors.Join(checkProgram(args), checkAddress(address))
		},
	}
	c.Flags().StringVar(&address, "address", "", "HOST:PORT of a service on which every operation is tried (default none)")
	c.Flags().StringVar(&workload, "workload", "", "the workload that the program is told of (default none)")
	c.Flags().SetInterspersed(false)
	c.RunE = func(c *cobra.Command, args []string) error {
		if workload != "" {
			if _, err := workloads.Find(workload); err != nil {
				return exit.Misuse("%s", suggest.Unknown("workload", workload, workloadNames(workloads.All())))
			}
		}
		ctx, stop := watch(c.Context(), progress.Plain(c.ErrOrStderr()), "stopping the program")
		defer stop()
		j := &clientJudge{out: c.OutOrStdout()}
		hello := program.Hello{Address: address, Workload: workload}
		if err := program.Conform(ctx, args, hello, j.tell); err != nil {
			return err
		}
		return j.conclude()
	}
	return c
}

// checkProgram explains what looks like a program only to 'assay test --client'.
func checkProgram(args []string) error {
	words := strings.Fields(args[0])
	if strings.HasPrefix(args[0], "http:") {
		return exit.Misuse("%s is a mapping and no program: it keeps to the protocol by itself; 'assay test compose --client %s' reads it", args[0], args[0])
	}
	if _, err := exec.LookPath(args[0]); err != nil && len(args) == 1 && len(words) > 1 {
		return exit.Misuse("there is no program %q; give it and its arguments as words of their own, without quotes: %s", args[0], strings.Join(words, " "))
	}
	return nil
}

func checkAddress(address string) error {
	if address == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return exit.Misuse("--address %s: has to be HOST:PORT", address)
	}
	return nil
}

// clientJudge prints what was found out about a program.
type clientJudge struct {
	out          io.Writer
	right, wrong int
}

func (j *clientJudge) tell(f program.Finding) {
	word := "wrong"
	switch {
	case f.Right:
		word, j.right = "right", j.right+1
	case f.Note:
		word = "note "
	default:
		j.wrong++
	}
	fmt.Fprintf(printable{j.out}, "%s  %s\n", word, f.Text)
}

func (j *clientJudge) conclude() error {
	if j.wrong > 0 {
		fmt.Fprintf(j.out, "\nthe program does not keep to the protocol: %d right, %d wrong\n", j.right, j.wrong)
		return exit.As(exit.Invalid)
	}
	fmt.Fprintf(j.out, "\nthe program keeps to the protocol: %d right, none wrong\n", j.right)
	return nil
}
