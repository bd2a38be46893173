package protocols

import (
	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/history"
	"github.com/assaykit/assay/harness/protocols/call"
	"github.com/assaykit/assay/harness/sim/explore"
)

// What clients ask for in explorations. Each has a few calls, and all want the same
// object.

// asks is a call of a function without an argument, whose answer may be a value.
func asks(f string) explore.Call {
	return explore.Call{Op: history.Op{F: f}, Body: call.Request{F: f}.Body(), Read: reading(found)}
}

// says is a call of a function with a value, which is acknowledged.
func says(f string, value int) explore.Call {
	return explore.Call{
		Op: history.Op{F: f, Value: history.Int(value)}, Body: call.Request{F: f, Value: value}.Body(),
		Read: reading(func(call.Answer) explore.Answer {
			return explore.Answer{Type: history.OK, Value: history.Int(value)}
		}),
	}
}

// proposes is a proposal, whose answer is what was decided.
func proposes(value int) explore.Call {
	c := says(call.Propose, value)
	c.Read = reading(found)
	return c
}

// owns is a call of an owner of a lock.
func owns(f string, owner int) explore.Call {
	return explore.Call{
		Op: history.Op{F: f}, Body: call.Request{F: f, Value: owner}.Body(),
		Read: reading(func(a call.Answer) explore.Answer {
			if !a.Swapped {
				return explore.Answer{Type: history.Fail, Error: history.Mismatch}
			}
			return explore.Answer{Type: history.OK}
		}),
	}
}

// reading reads answers, of which it judges refusals itself.
func reading(read func(call.Answer) explore.Answer) func([]byte) (explore.Answer, error) {
	return func(body []byte) (explore.Answer, error) {
		a, err := call.ParseAnswer(body)
		switch {
		case err != nil:
			return explore.Answer{}, err
		case a.OK:
			return read(a), nil
		case a.NoEffect:
			return explore.Answer{Type: history.Fail, Error: a.Error}, nil
		}
		return explore.Answer{Type: history.Info, Error: a.Error}, nil
	}
}

func found(a call.Answer) explore.Answer {
	if !a.Found {
		return explore.Answer{Type: history.OK}
	}
	return explore.Answer{Type: history.OK, Value: history.Int(a.Value)}
}

// callsSetting is the key of the setting that says what clients of a register do.
const (
	callsSetting  = "calls"
	writeThenRead = "write-then-read"
	oneWriter     = "one-writer"
	oneReader     = "one-reader"
)

// registerCalls is the setting, with what a mistake shows with as its default.
func registerCalls() cluster.Setting {
	return cluster.Setting{
		Key: callsSetting, About: "what the clients do, each call at another node than the one before",
		Choices: []cluster.Choice{
			{Value: writeThenRead, About: "each writes a value of its own, then reads, as in Stateright's examples"},
			{Value: oneWriter, About: "the first one writes, the others read twice"},
			{Value: oneReader, About: "the last one writes and then reads, the others write"},
		},
		Default: writeThenRead,
	}
}

// registerScripts are the calls of the clients.
func registerScripts(calls string, clients int) [][]explore.Call {
	scripts := make([][]explore.Call, clients)
	for i := range scripts {
		write, read := says(call.Write, i+1), asks(call.Read)
		switch {
		case calls == oneWriter && i == 0, calls == oneReader && i < clients-1:
			scripts[i] = []explore.Call{write}
		case calls == oneWriter:
			scripts[i] = []explore.Call{read, read}
		default:
			scripts[i] = []explore.Call{write, read}
		}
	}
	return scripts
}

// valueRead asks that a read tell a value in some run.
func valueRead[S, M any]() explore.Property[explore.View[S, M]] {
	return explore.Sometimes("a value is read", func(v explore.View[S, M]) bool {
		for m := range v.Messages() {
			if m.Reply == nil {
				continue
			}
			if a, err := call.ParseAnswer(m.Reply); err == nil && a.Found {
				return true
			}
		}
		return false
	})
}

// finished asks that all clients be done in some run.
func finished[S, M any]() explore.Property[explore.View[S, M]] {
	return explore.Sometimes("all clients are answered", explore.View[S, M].Finished)
}
