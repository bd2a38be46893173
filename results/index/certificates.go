package index

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/assaykit/assay/results/certificate"
)

// Certificate is what a list tells of a certificate.
type Certificate struct {
	// ID is the path of its folder below the root, with slashes; "." is the root.
	ID string
	// Dir is the folder itself.
	Dir string
	// Certificate is certificate.json, as much of it as could be read.
	certificate.Certificate
	// Problem says why it could not be read; it is none then.
	Problem string
}

// certified is a certificate as it was when its file had this stamp.
type certified struct {
	stamp       fileStamp
	certificate Certificate
}

// Certificates are all certificates, the newest first.
func (x *Index) Certificates() ([]Certificate, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.refresh(); err != nil {
		return nil, err
	}
	return slices.Clone(x.certificates), nil
}

// FindCertificate is the certificate of that ID.
func (x *Index) FindCertificate(id string) (Certificate, bool) {
	all, err := x.Certificates()
	if err != nil {
		return Certificate{}, false
	}
	at := slices.IndexFunc(all, func(c Certificate) bool { return c.ID == id })
	if at < 0 {
		return Certificate{}, false
	}
	return all[at], true
}

// readCertificates reads those that are new or have changed. Its caller holds mu.
func (x *Index) readCertificates(folders []string) {
	found := make(map[string]certified, len(folders))
	x.certificates = x.certificates[:0]
	for _, dir := range folders {
		stamp := stampFile(filepath.Join(dir, certificate.JSONFile))
		now, ok := x.certified[dir]
		if !ok || now.stamp != stamp {
			now = certified{stamp, readCertificate(x.root, dir)}
		}
		found[dir] = now
		x.certificates = append(x.certificates, now.certificate)
	}
	x.certified = found
	slices.SortStableFunc(x.certificates, func(a, b Certificate) int {
		return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(b.ID, a.ID))
	})
}

func readCertificate(root, dir string) Certificate {
	c := Certificate{ID: idOf(root, dir), Dir: dir}
	file := filepath.Join(dir, certificate.JSONFile)
	err := readJSON(file, &c.Certificate)
	if err == nil && c.Format != certificate.Format {
		err = fmt.Errorf("%s has format %d; this program knows %d", certificate.JSONFile, c.Format, certificate.Format)
	}
	if err != nil {
		c.Certificate, c.Problem = certificate.Certificate{Started: changed(file)}, err.Error()
	}
	return c
}

func changed(file string) time.Time {
	info, err := os.Lstat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// RunID is the ID of one of its runs, by its place: it is empty if the run left no
// directory below this root that could be told. The directory may be gone by now.
func (c Certificate) RunID(at int) string {
	dir := c.Runs[at].Dir
	if dir == "" || path.IsAbs(dir) {
		return ""
	}
	return path.Join(c.ID, dir)
}

// Has says whether the certificate rests on the run of that ID, among others.
func (c Certificate) Has(run string) bool {
	for at := range c.Runs {
		if c.RunID(at) == run {
			return true
		}
	}
	return false
}
