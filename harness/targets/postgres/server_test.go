package postgres

import (
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// talk serves one connection until it breaks, or an answer ends it.
func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	// Without these no client takes it upon itself to quote values.
	backend.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	backend.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	backend.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	talk := &talk{server: s, backend: backend, status: 'I'}
	for talk.goesOn() {
	}
}

// talk is what the server remembers of a connection: the state of its transaction, the
// statement that was prepared with how many parameters it has, and whether it has fallen
// silent.
type talk struct {
	server     *server
	backend    *pgproto3.Backend
	status     byte
	statement  string
	parameters int
	silent     bool
}

// goesOn sends what there is to send, and handles the next message.
func (t *talk) goesOn() bool {
	if t.backend.Flush() != nil {
		return false
	}
	message, err := t.backend.Receive()
	if err != nil {
		return false
	}
	switch m := message.(type) {
	case *pgproto3.Query:
		t.server.note(&t.server.asked, m.String)
		t.statement = first(m.String)
		t.execute()
		t.ready()
	case *pgproto3.Parse:
		t.server.note(&t.server.prepared, m.Query)
		t.statement, t.parameters = first(m.Query), strings.Count(m.Query, "$")
		for t.parameters > 0 && !strings.Contains(m.Query, fmt.Sprint("$", t.parameters)) {
			t.parameters-- // one stands twice
		}
		t.backend.Send(&pgproto3.ParseComplete{})
	case *pgproto3.Describe:
		t.describe()
	case *pgproto3.Bind:
		t.backend.Send(&pgproto3.BindComplete{})
	case *pgproto3.Execute:
		t.execute()
	case *pgproto3.Sync:
		t.ready()
	case *pgproto3.Terminate:
		return false
	}
	return true
}

func (s *server) note(in *[]string, statement string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*in = append(*in, statement)
}

// describe leaves it to the client of what types the parameters are.
func (t *talk) describe() {
	t.backend.Send(&pgproto3.ParameterDescription{ParameterOIDs: make([]uint32, t.parameters)})
	t.backend.Send(&pgproto3.NoData{})
}

func (t *talk) execute() {
	switch answer := t.server.answer(t.statement).(type) {
	case silence:
		t.silent = true
	case nil:
		t.status = map[string]byte{"begin": 'T', "commit": 'I', "rollback": 'I'}[t.statement]
		t.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(strings.ToUpper(t.statement))})
	default:
		t.backend.Send(answer)
	}
}

func (t *talk) ready() {
	if !t.silent {
		t.backend.Send(&pgproto3.ReadyForQuery{TxStatus: t.status})
	}
}

// first is a statement's first word.
func first(statement string) string {
	word, _, _ := strings.Cut(statement, " ")
	return word
}
