package etcd

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assaykit/assay/harness/history/transaction"
	"github.com/assaykit/assay/harness/targets/internal/nodes"
	"github.com/assaykit/assay/workloads"
)

const (
	noEffect = true
	unknown  = false
)

// An answer is an error with which a server can answer a put or a transaction,
// whether it proves that there was no effect, and why.
type answer struct {
	err  error
	want bool
	why  string
}

const (
	front     = "an interceptor or check in front of the handler"
	before    = "rejected before it is proposed"
	applied   = "arises when the entry is applied"
	after     = "arises after the proposal too"
	elsewhere = "not in answer to a put or transaction; no proof was sought"
	auth      = "only with authentication, which our clusters do not use; no proof was sought"
)

// answers has a row for every error that etcd's API names: the key is its name
// in package rpctypes. TestAnswersAreComplete sees to that.
func answers() map[string]answer {
	return map[string]answer{
		"ErrGRPCNotCapable":              {rpctypes.ErrGRPCNotCapable, noEffect, front},
		"ErrGRPCNotSupportedForLearner":  {rpctypes.ErrGRPCNotSupportedForLearner, noEffect, front},
		"ErrGRPCInvalidClientAPIVersion": {rpctypes.ErrGRPCInvalidClientAPIVersion, noEffect, front},
		"ErrGRPCNoLeader":                {rpctypes.ErrGRPCNoLeader, noEffect, front},
		"ErrGRPCEmptyKey":                {rpctypes.ErrGRPCEmptyKey, noEffect, front},
		"ErrGRPCValueProvided":           {rpctypes.ErrGRPCValueProvided, noEffect, front},
		"ErrGRPCLeaseProvided":           {rpctypes.ErrGRPCLeaseProvided, noEffect, front},
		"ErrGRPCTooManyOps":              {rpctypes.ErrGRPCTooManyOps, noEffect, front},
		"ErrGRPCDuplicateKey":            {rpctypes.ErrGRPCDuplicateKey, noEffect, front},

		"ErrGRPCRequestTooLarge":        {rpctypes.ErrGRPCRequestTooLarge, noEffect, before},
		"ErrGRPCRequestTooManyRequests": {rpctypes.ErrGRPCRequestTooManyRequests, noEffect, before},

		"ErrGRPCNoSpace":       {rpctypes.ErrGRPCNoSpace, unknown, "the write that exceeds the quota is applied, and then reported as failed"},
		"ErrGRPCCorrupt":       {rpctypes.ErrGRPCCorrupt, unknown, applied},
		"ErrGRPCKeyNotFound":   {rpctypes.ErrGRPCKeyNotFound, unknown, applied},
		"ErrGRPCLeaseNotFound": {rpctypes.ErrGRPCLeaseNotFound, unknown, applied},
		"ErrGRPCCompacted":     {rpctypes.ErrGRPCCompacted, unknown, applied},
		"ErrGRPCFutureRev":     {rpctypes.ErrGRPCFutureRev, unknown, applied},

		"ErrGRPCStopped":                    {rpctypes.ErrGRPCStopped, unknown, after},
		"ErrGRPCTimeout":                    {rpctypes.ErrGRPCTimeout, unknown, after},
		"ErrGRPCTimeoutDueToLeaderFail":     {rpctypes.ErrGRPCTimeoutDueToLeaderFail, unknown, after},
		"ErrGRPCTimeoutDueToConnectionLost": {rpctypes.ErrGRPCTimeoutDueToConnectionLost, unknown, after},
		"ErrGRPCTimeoutWaitAppliedIndex":    {rpctypes.ErrGRPCTimeoutWaitAppliedIndex, unknown, after},
		"ErrGRPCLeaderChanged":              {rpctypes.ErrGRPCLeaderChanged, unknown, after},
		"ErrGRPCCanceled":                   {rpctypes.ErrGRPCCanceled, unknown, after},
		"ErrGRPCDeadlineExceeded":           {rpctypes.ErrGRPCDeadlineExceeded, unknown, after},

		"ErrGRPCNotLeader":                     {rpctypes.ErrGRPCNotLeader, unknown, elsewhere},
		"ErrGRPCUnhealthy":                     {rpctypes.ErrGRPCUnhealthy, unknown, elsewhere},
		"ErrGRPCInvalidSortOption":             {rpctypes.ErrGRPCInvalidSortOption, unknown, elsewhere},
		"ErrGRPCLeaseExist":                    {rpctypes.ErrGRPCLeaseExist, unknown, elsewhere},
		"ErrGRPCLeaseTTLTooLarge":              {rpctypes.ErrGRPCLeaseTTLTooLarge, unknown, elsewhere},
		"ErrGRPCWatchCanceled":                 {rpctypes.ErrGRPCWatchCanceled, unknown, elsewhere},
		"ErrGRPCMemberExist":                   {rpctypes.ErrGRPCMemberExist, unknown, elsewhere},
		"ErrGRPCPeerURLExist":                  {rpctypes.ErrGRPCPeerURLExist, unknown, elsewhere},
		"ErrGRPCMemberNotEnoughStarted":        {rpctypes.ErrGRPCMemberNotEnoughStarted, unknown, elsewhere},
		"ErrGRPCMemberBadURLs":                 {rpctypes.ErrGRPCMemberBadURLs, unknown, elsewhere},
		"ErrGRPCMemberNotFound":                {rpctypes.ErrGRPCMemberNotFound, unknown, elsewhere},
		"ErrGRPCMemberNotLearner":              {rpctypes.ErrGRPCMemberNotLearner, unknown, elsewhere},
		"ErrGRPCLearnerNotReady":               {rpctypes.ErrGRPCLearnerNotReady, unknown, elsewhere},
		"ErrGRPCTooManyLearners":               {rpctypes.ErrGRPCTooManyLearners, unknown, elsewhere},
		"ErrGRPCClusterIDMismatch":             {rpctypes.ErrGRPCClusterIDMismatch, unknown, elsewhere},
		"ErrGRPCClusterIdMismatch":             {rpctypes.ErrGRPCClusterIDMismatch, unknown, elsewhere},
		"ErrGRPCBadLeaderTransferee":           {rpctypes.ErrGRPCBadLeaderTransferee, unknown, elsewhere},
		"ErrGRPCWrongDowngradeVersionFormat":   {rpctypes.ErrGRPCWrongDowngradeVersionFormat, unknown, elsewhere},
		"ErrGRPCInvalidDowngradeTargetVersion": {rpctypes.ErrGRPCInvalidDowngradeTargetVersion, unknown, elsewhere},
		"ErrGRPCClusterVersionUnavailable":     {rpctypes.ErrGRPCClusterVersionUnavailable, unknown, elsewhere},
		"ErrGRPCDowngradeInProcess":            {rpctypes.ErrGRPCDowngradeInProcess, unknown, elsewhere},
		"ErrGRPCNoInflightDowngrade":           {rpctypes.ErrGRPCNoInflightDowngrade, unknown, elsewhere},

		"ErrGRPCRootUserNotExist":     {rpctypes.ErrGRPCRootUserNotExist, unknown, auth},
		"ErrGRPCRootRoleNotExist":     {rpctypes.ErrGRPCRootRoleNotExist, unknown, auth},
		"ErrGRPCUserAlreadyExist":     {rpctypes.ErrGRPCUserAlreadyExist, unknown, auth},
		"ErrGRPCUserEmpty":            {rpctypes.ErrGRPCUserEmpty, unknown, auth},
		"ErrGRPCUserNotFound":         {rpctypes.ErrGRPCUserNotFound, unknown, auth},
		"ErrGRPCRoleAlreadyExist":     {rpctypes.ErrGRPCRoleAlreadyExist, unknown, auth},
		"ErrGRPCRoleNotFound":         {rpctypes.ErrGRPCRoleNotFound, unknown, auth},
		"ErrGRPCRoleEmpty":            {rpctypes.ErrGRPCRoleEmpty, unknown, auth},
		"ErrGRPCAuthFailed":           {rpctypes.ErrGRPCAuthFailed, unknown, auth},
		"ErrGRPCPermissionNotGiven":   {rpctypes.ErrGRPCPermissionNotGiven, unknown, auth},
		"ErrGRPCPermissionDenied":     {rpctypes.ErrGRPCPermissionDenied, unknown, auth},
		"ErrGRPCRoleNotGranted":       {rpctypes.ErrGRPCRoleNotGranted, unknown, auth},
		"ErrGRPCPermissionNotGranted": {rpctypes.ErrGRPCPermissionNotGranted, unknown, auth},
		"ErrGRPCAuthNotEnabled":       {rpctypes.ErrGRPCAuthNotEnabled, unknown, auth},
		"ErrGRPCInvalidAuthToken":     {rpctypes.ErrGRPCInvalidAuthToken, unknown, auth},
		"ErrGRPCInvalidAuthMgmt":      {rpctypes.ErrGRPCInvalidAuthMgmt, unknown, auth},
		"ErrGRPCAuthOldRevision":      {rpctypes.ErrGRPCAuthOldRevision, unknown, auth},
	}
}

// texts are answers that have no name in etcd's API.
func texts() map[string]answer {
	rows := map[string]answer{
		"raft: proposal dropped": {status.Error(codes.Unknown, "raft proposal dropped"), noEffect, "the member's own Raft did not take it"},
		"raft: stopped":          {status.Error(codes.Unknown, "raft: stopped"), unknown, after},
		"etcd: canceled":         {status.Error(codes.Unknown, "etcdserver: request cancelled"), unknown, after},
	}
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		rows["gRPC: "+code.String()] = answer{status.Error(code, "something"), unknown, "a code alone proves nothing"}
	}
	return rows
}

// All errors travel over a real connection and through all of the client.
func TestAnswers(t *testing.T) {
	server := serve(t)
	c := dial(t, server.address)
	for _, table := range []map[string]answer{answers(), texts()} {
		for name, a := range table {
			server.answer.Store(&a.err)
			for what, do := range mutations(c) {
				seen := server.requests.Load()
				err := do(t.Context())
				if err == nil || workloads.IsNoEffect(err) != a.want {
					t.Errorf("%s: %s: no effect is %v, want %v: %s (%v)", name, what, !a.want, a.want, a.why, err)
				}
				if again := server.requests.Load() - seen; again != 1 {
					t.Errorf("%s: %s: the client sent %d requests", name, what, again)
				}
			}
			if _, _, err := c.Read(t.Context(), "k"); !workloads.IsNoEffect(err) {
				t.Errorf("%s: a read changes nothing: %v", name, err)
			}
		}
	}
}

func mutations(c *client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"write":           func(ctx context.Context) error { return c.Write(ctx, "k", 1) },
		"compare-and-set": func(ctx context.Context) error { _, err := c.CompareAndSet(ctx, "k", 1, 2); return err },
		"add":             func(ctx context.Context) error { return c.Add(ctx, "s", 1) },
		"send":            func(ctx context.Context) error { return c.Send(ctx, "q", 1) },
		"transact": func(ctx context.Context) error {
			_, err := c.TransactRegisters(ctx, []transaction.Op{{Key: "x"}, {Kind: transaction.Write, Key: "y", Value: 1}})
			return err
		},
		"put":    func(ctx context.Context) error { _, err := c.Put(ctx, "k", 1); return err },
		"put if": func(ctx context.Context) error { _, _, err := c.PutIf(ctx, "k", 1, 7); return err },
		"open":   func(ctx context.Context) error { return c.Open(ctx, 1, 1) },
	}
}

// A new version of etcd's API must not bring errors that nobody thought about.
func TestAnswersAreComplete(t *testing.T) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "go.etcd.io/etcd/api/v3/v3rpc/rpctypes").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "error.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	table, found := answers(), 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "ErrGRPC") {
			return true
		}
		found++
		if _, ok := table[spec.Names[0].Name]; !ok {
			t.Errorf("no row for %s", spec.Names[0].Name)
		}
		return true
	})
	if found != len(table) {
		t.Errorf("%d errors in rpctypes, %d rows", found, len(table))
	}
}

// The errors of etcd's client itself arise before anything is sent.
func TestWhatWasNeverSentHadNoEffect(t *testing.T) {
	for _, err := range []error{
		clientv3.ErrNoAvailableEndpoints, clientv3.ErrOldCluster, clientv3.ErrMutuallyExclusiveCfg,
		rpctypes.ErrInvalidSortOption, context.Canceled, context.DeadlineExceeded,
		status.Error(codes.Unavailable, "connection refused"), errors.New("anything"),
	} {
		got := call(t.Context(), func(context.Context) error { return err })
		if !workloads.IsNoEffect(got) || !errors.Is(got, err) {
			t.Errorf("%v: got %v", err, got)
		}
		got = call(t.Context(), func(ctx context.Context) error {
			ctx.Value(leftKey{}).(*atomic.Bool).Store(true)
			return err
		})
		if workloads.IsNoEffect(got) || !errors.Is(got, err) {
			t.Errorf("%v, sent: got %v", err, got)
		}
	}
}

func TestNoConnectionIsNoEffect(t *testing.T) {
	refusing := listen(t)
	refusing.Close()
	silent := listen(t) // the kernel accepts connections for a paused member
	for name, address := range map[string]string{"refused": refusing.Addr().String(), "silent": silent.Addr().String()} {
		c := dial(t, address)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Write(ctx, "k", 1); !workloads.IsNoEffect(err) {
			t.Errorf("%s: got %v, want no effect", name, err)
		}
	}
}

func TestClosedClientHasNoEffect(t *testing.T) {
	c := dial(t, serve(t).address)
	c.Close()
	if err := c.Write(t.Context(), "k", 1); !workloads.IsNoEffect(err) {
		t.Errorf("got %v, want no effect", err)
	}
}

func TestLostAnswerIsUnknownAndNotRepeated(t *testing.T) {
	for name, lose := range map[string]func(*member, context.CancelFunc){
		"the deadline":         func(_ *member, cancel context.CancelFunc) { cancel() },
		"the connection broke": func(s *member, _ context.CancelFunc) { s.grpc.Stop() },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			s.hang = make(chan struct{})
			c := dial(t, s.address)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error)
			go func() { done <- c.Write(ctx, "k", 1) }()
			<-s.hang // the request is there
			lose(s, cancel)
			if err := <-done; err == nil || workloads.IsNoEffect(err) {
				t.Errorf("got %v, want an unknown outcome", err)
			}
			if n := s.requests.Load(); n != 1 {
				t.Errorf("the client sent %d requests", n)
			}
		})
	}
}

// A member that is away hangs up before a request can be sent; when it comes
// back the same client uses it again.
func TestReconnects(t *testing.T) {
	listener := listen(t)
	c := dial(t, listener.Addr().String())
	failed := make(chan error)
	go func() { failed <- c.Write(t.Context(), "k", 1) }()
	connection, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
	if err := <-failed; !workloads.IsNoEffect(err) {
		t.Fatalf("got %v, want no effect", err)
	}
	serveOn(t, listener)
	for c.Write(t.Context(), "k", 1) != nil {
		nodes.Wait(t.Context(), nodes.Pause)
	}
}
