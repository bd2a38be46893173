// Command client-go is a client of the key-value service beside it, for Assay: see
// PROTOCOL.md. It uses nothing but the standard library.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

type operation struct {
	ID        int64           `json:"id"`
	F         string          `json:"f"`
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	TimeoutMS int64           `json:"timeout_ms"`
}

type completion struct {
	ID    int64           `json:"id"`
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value,omitempty"`
	Error string          `json:"error,omitempty"`
}

func main() {
	in := bufio.NewReader(os.Stdin)
	var hello struct{ Address string }
	if err := next(in, &hello); err != nil {
		os.Exit(2)
	}
	fmt.Println(`{"assay":1,"operations":["read","write","cas"]}`)
	for {
		var o operation
		err := next(in, &o)
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			fmt.Fprintln(os.Stderr, "what is that supposed to mean:", err)
			os.Exit(2)
		}
		answer, err := json.Marshal(execute(hello.Address, o))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		fmt.Println(string(answer))
	}
}

// next reads one line.
func next(in *bufio.Reader, into any) error {
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

func execute(address string, o operation) completion {
	methods := map[string]string{"read": http.MethodGet, "write": http.MethodPut, "cas": http.MethodPost}
	method, known := methods[o.F]
	if !known {
		return completion{ID: o.ID, Type: "fail", Error: "there is no operation " + o.F}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(o.TimeoutMS)*time.Millisecond)
	defer cancel()
	c := ask(ctx, method, "http://"+address+"/"+o.Key, o.Value)
	c.ID = o.ID
	return c
}

// once is a client that never repeats a request and never takes another way.
var once = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func ask(ctx context.Context, method, url string, body []byte) completion {
	if method == http.MethodGet {
		body = nil
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return completion{Type: "fail", Error: err.Error()}
	}
	answer, err := once.Do(request)
	if err != nil {
		return lost(method, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return lost(method, err)
	}
	return judge(method, answer.StatusCode, text)
}

// lost says what an error means: nothing was sent, a read is harmless, and otherwise
// nobody knows.
func lost(method string, err error) completion {
	var dial *net.OpError
	if method == http.MethodGet || errors.As(err, &dial) && dial.Op == "dial" {
		return completion{Type: "fail", Error: err.Error()}
	}
	return completion{Type: "info", Error: err.Error()}
}

func judge(method string, status int, text []byte) completion {
	switch status {
	case http.StatusOK:
		return completion{Type: "ok", Value: text}
	case http.StatusNotFound:
		return completion{Type: "ok"}
	case http.StatusConflict:
		return completion{Type: "fail", Error: "mismatch"}
	}
	return lost(method, fmt.Errorf("status %d: %.100s", status, text))
}
