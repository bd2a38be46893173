package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/assaykit/assay/results/index"
	"github.com/assaykit/assay/results/live"
)

const (
	// lookEvery is how often the run is asked what it does; it tells once a second.
	lookEvery = 500 * time.Millisecond
	// mostPast is how many of a run's last lines a new view is sent.
	mostPast = 600
)

// live tells what a run is doing, as server-sent events (the HTML standard, section
// 9.2): "sample" for each line of its progress, "end" once when it has ended.
func (s *server) live(w http.ResponseWriter, r *http.Request) {
	run, ok := s.index.Find(strings.Trim(r.PathValue("id"), "/"))
	if !ok {
		http.Error(w, "there is no such run", http.StatusNotFound)
		return
	}
	select {
	case s.watchers <- struct{}{}:
		defer func() { <-s.watchers }()
	default:
		http.Error(w, "too many are looking on already", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	events := stream{w: w, control: http.NewResponseController(w)}
	s.follow(r, run, &events)
}

// follow sends what the run tells until it ends, or nobody looks any more.
func (s *server) follow(r *http.Request, run index.Run, events *stream) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var offset int64
	for first := true; ; first = false {
		state := live.Look(run.Dir) // before reading, so that the last line is not missed
		samples, next, _ := live.Read(run.Dir, offset)
		offset = next
		if first {
			samples = samples[max(0, len(samples)-mostPast):]
		}
		for _, sample := range samples {
			events.send("sample", sample)
		}
		if state != live.Going {
			events.send("end", map[string]bool{"broken": state == live.Broken})
		}
		if events.flush(); events.failed || state != live.Going {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.ended:
			return
		case <-ticker.C:
		}
	}
}

// stream writes events; once it has failed it writes no more.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	quiet   int
	wrote   bool
	failed  bool
}

func (s *stream) send(event string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		s.failed = true
		return
	}
	s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, text))
}

func (s *stream) write(text string) {
	if s.failed {
		return
	}
	_, err := fmt.Fprint(s.w, text)
	s.failed, s.wrote = err != nil, true
}

// flush sends what was written. Now and then something has to be, so that whoever has
// gone is noticed.
func (s *stream) flush() {
	const longest = 20
	if s.quiet++; !s.wrote && s.quiet < longest {
		return
	}
	if !s.wrote {
		s.write(": still here\n\n")
	}
	s.quiet, s.wrote = 0, false
	if err := s.control.Flush(); err != nil {
		s.failed = true
	}
}
