package serve

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/results"
	"github.com/assaykit/assay/results/certificate"
	"github.com/assaykit/assay/results/index"
)

type certificatesPage struct {
	frame
	Rows []certificateRow
	Left int
}

// certificateRow is a certificate in a list.
type certificateRow struct {
	Link, Target, Started, Budget, What string
	Badge                               badge
}

type certificatePage struct {
	frame
	Badge    badge
	Heading  string
	What     string
	Page     string
	Claims   []claimRow
	Runs     []certifiedRun
	Left     int
	Facts    []fact
	Commands []fact
	Files    []entry
}

type claimRow struct {
	Badge                       badge
	Workload, Promise, Settings string
	Why                         string
}

// certifiedRun is a run on which a certificate rests. Link is empty if it is no longer
// there.
type certifiedRun struct {
	Link                                   string
	Badge                                  badge
	Part, Workload, Settings, Faults, What string
	Seed                                   int64
}

const (
	// mostCertificates is how many a list has, fewCertificates how many stand below the
	// runs.
	mostCertificates = 1000
	fewCertificates  = 5
	// mostCertified is how many runs of a certificate are shown.
	mostCertified = 2000
)

// certificates shows all of them, one of them, a file of one, or where a link in one leads:
// its page calls runs by where they are, as seen from its folder.
func (s *server) certificates(w http.ResponseWriter, r *http.Request) {
	full := strings.Trim(r.PathValue("path"), "/")
	if full == "" {
		s.listCertificates(w)
		return
	}
	if c, ok := s.index.FindCertificate(full); ok {
		s.certificate(w, c)
		return
	}
	if c, ok := s.index.FindCertificate(path.Dir(full)); ok && slices.Contains(certificateFiles, path.Base(full)) {
		s.certificateFile(w, r, c, path.Base(full))
		return
	}
	if run, name, ok := s.locate(full); ok {
		http.Redirect(w, r, filesLink(run.ID, name), http.StatusFound)
		return
	}
	s.problem(w, http.StatusNotFound, "There is no such certificate, and no run of one.")
}

// certificateFiles are those that Assay writes, and all that is served of a folder.
var certificateFiles = []string{certificate.PageFile, certificate.MarkdownFile, certificate.JSONFile}

func (s *server) certificateFile(w http.ResponseWriter, r *http.Request, c index.Certificate, name string) {
	file, info, ok := s.open(w, path.Join(c.ID, name))
	if !ok {
		return
	}
	defer file.Close()
	if !info.Mode().IsRegular() {
		s.problem(w, http.StatusForbidden, "That is no file.")
		return
	}
	send(w, r, name, file, info)
}

func (s *server) listCertificates(w http.ResponseWriter) {
	all, err := s.index.Certificates()
	if err != nil {
		s.problem(w, http.StatusInternalServerError, "The certificates cannot be listed: %v", err)
		return
	}
	p := certificatesPage{frame: s.frame("Certificates"), Left: max(0, len(all)-mostCertificates)}
	p.Rows = certificateRows(all, mostCertificates)
	s.show(w, http.StatusOK, "certificates", p)
}

func certificateRows(all []index.Certificate, most int) []certificateRow {
	var rows []certificateRow
	for _, c := range all[:min(most, len(all))] {
		row := certificateRow{
			Target: clip(nameOf(c), 60), Started: moment(c.Started), Budget: lasted(c.Budget),
			What: clip(summaryOf(c), 160), Badge: certifiedBadge(c),
		}
		row.address(c.ID)
		rows = append(rows, row)
	}
	return rows
}

// nameOf is the system that it is about; of one that cannot be read its folder tells.
func nameOf(c index.Certificate) string {
	if c.Problem == "" {
		return c.Target
	}
	return strings.TrimSuffix(path.Base(path.Dir(c.ID)), "-certificate")
}

// summaryOf counts the claims.
func summaryOf(c index.Certificate) string {
	if c.Problem != "" {
		return c.Problem
	}
	text := fmt.Sprintf("%d of %s held", c.Count(certificate.Held), checkers.Count(len(c.Claims), "claim"))
	if n := c.Count(certificate.Broken); n > 0 {
		text += fmt.Sprintf(", %d broken", n)
	}
	if n := c.Count(certificate.Unknown); n > 0 {
		text += fmt.Sprintf(", %d unknown", n)
	}
	if c.Interrupted {
		text += "; it was stopped before its time"
	}
	return text
}

func certifiedBadge(c index.Certificate) badge {
	if c.Problem != "" {
		return badgeOf(index.Damaged)
	}
	return claimBadge(c.Certificate.Status())
}

func claimBadge(s certificate.Status) badge {
	switch s {
	case certificate.Held:
		return badge{"valid", "held", "✓"}
	case certificate.Broken:
		return badge{"invalid", "BROKEN", "✗"}
	}
	return badge{"unknown", "unknown", "?"}
}

func (s *server) certificate(w http.ResponseWriter, c index.Certificate) {
	p := certificatePage{
		frame: s.frame(c.ID), Badge: certifiedBadge(c), Heading: nameOf(c), What: summaryOf(c),
		Left: max(0, len(c.Runs)-mostCertified), Facts: certificateFacts(c), Files: filesOf(c),
	}
	if slices.ContainsFunc(p.Files, func(e entry) bool { return e.Name == certificate.PageFile }) {
		p.Page = certificateLink(c.ID) + "/" + certificate.PageFile
	}
	if len(c.CommandLine) > 0 {
		p.Commands = []fact{{"Make it again", results.Command(c.CommandLine...)}}
	}
	for _, claim := range c.Claims {
		p.Claims = append(p.Claims, claimRow{claimBadge(claim.Status), claim.Workload, claim.Promise, certificate.Pairs(claim.Settings), claim.Why})
	}
	there := s.there()
	for at := range c.Runs[:min(mostCertified, len(c.Runs))] {
		p.Runs = append(p.Runs, newCertifiedRun(c, at, there))
	}
	s.show(w, http.StatusOK, "certificate", p)
}

// there are the IDs of the runs that can be looked at.
func (s *server) there() map[string]bool {
	there := map[string]bool{}
	runs, err := s.index.Runs()
	if err != nil {
		return there
	}
	for _, run := range runs {
		there[run.ID] = true
	}
	return there
}

func newCertifiedRun(c index.Certificate, at int, there map[string]bool) certifiedRun {
	run := c.Runs[at]
	row := certifiedRun{
		Badge: badgeOf(index.Status(run.Validity.String())), Part: run.Part, Workload: run.Workload, Settings: certificate.Pairs(run.Settings),
		Faults: run.Faults, Seed: run.Seed, What: clip(run.Reason, 160),
	}
	if run.Error != "" && run.Validity != checkers.Invalid {
		row.Badge, row.What = badgeOf(index.Infrastructure), clip(run.Error, 160)
	}
	if id := c.RunID(at); there[id] {
		row.Link = runLink(id)
	}
	return row
}

func certificateFacts(c index.Certificate) []fact {
	all := []fact{
		{"About", c.About}, {"Settings", certificate.Pairs(c.Settings)}, {"Started", moment(c.Started) + " UTC"}, {"Took", lasted(c.Took)},
		{"Budget", lasted(c.Budget)}, {"Runtime", c.Runtime}, {"Image", c.Image}, {"Engine", c.Engine}, {"Machine", c.Machine},
		{"Assay", c.Assay}, {"Folder", c.Dir},
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" })
}

// filesOf are those of its files that are there.
func filesOf(c index.Certificate) []entry {
	var files []entry
	for _, e := range regularFiles(c.Dir) {
		if slices.Contains(certificateFiles, e.Name()) {
			file := newEntry(c.ID, "", e)
			file.Link = certificateLink(c.ID) + "/" + e.Name()
			files = append(files, file)
		}
	}
	return files
}

// certifiedBy are the certificates that rest on a run.
func (s *server) certifiedBy(run index.Run) []certificateRow {
	all, err := s.index.Certificates()
	if err != nil {
		return nil
	}
	return certificateRows(slices.DeleteFunc(all, func(c index.Certificate) bool { return !c.Has(run.ID) }), fewCertificates)
}

// certificateLink is the address of a certificate. One in the root itself has none but
// its page's, for no address ends in a dot.
func certificateLink(id string) string { return link("/certificates/", id) }

func (r *certificateRow) address(id string) {
	if r.Link = certificateLink(id); id == "." {
		r.Link = "/certificates/" + certificate.PageFile
	}
}
