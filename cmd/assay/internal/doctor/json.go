package doctor

import (
	"encoding/json"
	"io"
)

// The findings in JSON. Why is empty where Works is true.
type (
	report struct {
		Runtimes []runtimeReport `json:"runtimes"`
		Aids     []aidReport     `json:"aids"`
	}
	runtimeReport struct {
		Name   string        `json:"name"`
		About  string        `json:"about,omitempty"`
		Works  bool          `json:"works"`
		Why    string        `json:"why,omitempty"`
		Faults []faultReport `json:"faults,omitempty"`
	}
	faultReport struct {
		Fault     string   `json:"fault"`
		Mechanism string   `json:"mechanism,omitempty"`
		Needs     []string `json:"needs,omitempty"`
		Works     bool     `json:"works"`
		Why       string   `json:"why,omitempty"`
	}
	aidReport struct {
		Name  string `json:"name"`
		About string `json:"about,omitempty"`
		Works bool   `json:"works"`
		Why   string `json:"why,omitempty"`
	}
)

// PrintJSON writes the findings for programs.
func (f Findings) PrintJSON(out io.Writer) error {
	var r report
	for _, found := range f.Runtimes {
		r.Runtimes = append(r.Runtimes, found.report())
	}
	for _, a := range f.Aids {
		r.Aids = append(r.Aids, aidReport{a.Name, a.About, a.Err == nil, text(a.Err)})
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

func (r Runtime) report() runtimeReport {
	told := runtimeReport{Name: r.Name, About: r.About, Works: r.Err == nil, Why: text(r.Err)}
	if r.Err != nil {
		return told
	}
	for _, what := range r.faults() {
		how, why := r.Mechanisms[what], r.Capabilities[what]
		told.Faults = append(told.Faults, faultReport{string(what), how.About, how.Needs, why == nil, text(why)})
	}
	return told
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
