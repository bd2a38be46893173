package protocols

import (
	"context"

	"github.com/assaykit/assay/harness/actor"
	"github.com/assaykit/assay/harness/actor/process"
	"github.com/assaykit/assay/harness/protocols/keyed"
	"github.com/assaykit/assay/harness/sim/world"
)

// Node is the actor of a service, whatever its types are.
type Node interface {
	// Run runs it as a process, as process.Run does.
	Run(ctx context.Context, cfg process.Config) error
	// Program is what runs on simulated nodes.
	Program() (world.Program, error)
}

// of hides an actor's types.
type of[S, M any] struct{ actor actor.Actor[S, M] }

func (o of[S, M]) Run(ctx context.Context, cfg process.Config) error {
	return process.Run(ctx, cfg, o.actor)
}

func (o of[S, M]) Program() (world.Program, error) { return world.Of(o.actor, world.Habits{}) }

// many is a service of many objects of the protocol.
func many[S, M any](object actor.Actor[S, M]) Node {
	return of[keyed.State[S], keyed.Message[M]]{keyed.Actor[S, M]{Of: object}}
}

// manyInTurn is one whose nodes work at one request for an object at a time.
func manyInTurn[S, M any](object actor.Actor[S, M]) Node {
	return of[keyed.State[S], keyed.Message[M]]{keyed.Actor[S, M]{Of: object, OneAtATime: true}}
}
