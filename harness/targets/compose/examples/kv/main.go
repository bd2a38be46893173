// Command kv is a small service to try Assay with: registers over HTTP. One process
// holds them and keeps a log on disk; the others, which know it as PRIMARY, pass every
// request on to it. With READS=local they answer reads from a copy that they fetch twice
// a second, which is the kind of shortcut that Assay is there to find.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "check" {
		check(os.Args[2])
	}
	handler := http.Handler(passOn(os.Getenv("PRIMARY"), os.Getenv("READS") == "local"))
	if os.Getenv("PRIMARY") == "" {
		s, err := open(filepath.Join(setting("DATA", "/data"), "log"))
		if err != nil {
			log.Fatal(err)
		}
		handler = s
	}
	address := setting("LISTEN", ":8080")
	fmt.Println("listening at", address)
	log.Fatal(http.ListenAndServe(address, handler))
}

// check is for health checks: the image has no shell.
func check(url string) {
	answer, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		log.Fatal(answer.Status)
	}
	os.Exit(0)
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// store holds the registers.
type store struct {
	mu     sync.Mutex
	values map[string]int
	log    *os.File
}

// entry is a line of the log.
type entry struct {
	Key   string
	Value int
}

func open(path string) (*store, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	s := &store{values: map[string]int{}, log: file}
	whole := int64(0)
	for in := bufio.NewReader(file); ; {
		line, err := in.ReadBytes('\n')
		var e entry
		if err != nil || json.Unmarshal(line, &e) != nil {
			break // what a crash left of the last line was never acknowledged
		}
		s.values[e.Key], whole = e.Value, whole+int64(len(line))
	}
	if err := file.Truncate(whole); err != nil {
		return nil, err
	}
	_, err = file.Seek(whole, io.SeekStart)
	return s, err
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case key == "health":
	case key == "all":
		json.NewEncoder(w).Encode(s.values)
	case r.Method == http.MethodGet:
		s.read(w, key)
	case r.Method == http.MethodPut:
		s.write(w, key, body)
	case r.Method == http.MethodPost:
		s.swap(w, key, body)
	default:
		http.Error(w, "GET, PUT or POST", http.StatusMethodNotAllowed)
	}
}

func (s *store) read(w http.ResponseWriter, key string) {
	value, found := s.values[key]
	if !found {
		http.Error(w, "never written", http.StatusNotFound)
		return
	}
	fmt.Fprint(w, value)
}

func (s *store) write(w http.ResponseWriter, key string, body []byte) {
	var value int
	if err := json.Unmarshal(body, &value); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.keep(w, entry{key, value})
}

func (s *store) swap(w http.ResponseWriter, key string, body []byte) {
	var pair [2]int
	if err := json.Unmarshal(body, &pair); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if value, found := s.values[key]; !found || value != pair[0] {
		http.Error(w, "mismatch", http.StatusConflict)
		return
	}
	s.keep(w, entry{key, pair[1]})
}

// keep makes an entry durable before anybody sees it. A log that cannot be written is
// the end: what is in it only a restart can tell.
func (s *store) keep(w http.ResponseWriter, e entry) {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = s.log.Write(append(line, '\n'))
	}
	if err == nil {
		err = s.log.Sync()
	}
	if err != nil {
		log.Fatal(err)
	}
	s.values[e.Key] = e.Value
	w.WriteHeader(http.StatusOK)
}

// passOn is everybody but the primary.
func passOn(primary string, local bool) http.HandlerFunc {
	once := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	copied := &replica{}
	if local {
		go copied.follow(once, primary)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if local && r.Method == http.MethodGet && copied.read(w, strings.TrimPrefix(r.URL.Path, "/")) {
			return
		}
		request, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+primary+r.URL.Path, r.Body)
		if err == nil {
			err = relay(once, request, w)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}
}

func relay(by *http.Client, request *http.Request, w http.ResponseWriter) error {
	answer, err := by.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil {
		w.WriteHeader(answer.StatusCode)
		_, err = w.Write(text)
	}
	return err
}

// replica is a copy that is fetched now and then.
type replica struct {
	mu     sync.Mutex
	values map[string]int
}

func (r *replica) follow(by *http.Client, primary string) {
	for ; ; time.Sleep(500 * time.Millisecond) {
		answer, err := by.Get("http://" + primary + "/all")
		if err != nil {
			continue
		}
		var values map[string]int
		if json.NewDecoder(answer.Body).Decode(&values) == nil {
			r.mu.Lock()
			r.values = values
			r.mu.Unlock()
		}
		answer.Body.Close()
	}
}

func (r *replica) read(w http.ResponseWriter, key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, found := r.values[key]
	if found {
		fmt.Fprint(w, value)
	}
	return found
}
