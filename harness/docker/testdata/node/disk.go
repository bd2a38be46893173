package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// serveDisk lets clients write to a file in the folder and read it. A failure is
// told in words, because it is what tests ask for.
func serveDisk(data string) {
	path := data + "/log"
	http.HandleFunc("POST /write", func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		err := write(path, r.Body, r.FormValue("sync") != "")
		tell(w, time.Since(began).String(), err)
	})
	http.HandleFunc("GET /read", func(w http.ResponseWriter, _ *http.Request) {
		text, err := os.ReadFile(path)
		tell(w, string(text), err)
	})
}

func tell(w io.Writer, text string, err error) {
	if err != nil {
		text = "error: " + err.Error()
	}
	fmt.Fprint(w, text)
}

func write(path string, from io.Reader, sync bool) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, from); err != nil {
		return err
	}
	if sync {
		return f.Sync()
	}
	return nil
}
