package certificate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/assaykit/assay/results"
)

// The files of a certificate.
const (
	JSONFile     = "certificate.json"
	MarkdownFile = "certificate.md"
	PageFile     = "certificate.html"
)

// Folder makes the folder <root>/<target>-certificate/<UTC time> for a certificate.
func Folder(root, target string, at time.Time) (string, error) {
	name := filepath.Base(target) + "-certificate"
	path := filepath.Join(root, name, at.UTC().Format("20060102T150405Z"))
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", fmt.Errorf("create the certificate's folder: %w", err)
	}
	return path, nil
}

// Write writes the certificate to a folder, as JSON, Markdown and HTML.
func (c *Certificate) Write(folder string) error {
	return errors.Join(
		results.WriteFile(filepath.Join(folder, JSONFile), c.writeJSON),
		results.WriteFile(filepath.Join(folder, MarkdownFile), c.Markdown),
		results.WriteFile(filepath.Join(folder, PageFile), c.Page),
	)
}

func (c *Certificate) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(c)
}

// Read reads the certificate in a folder, or in a file.
func Read(path string) (*Certificate, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, JSONFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	var c Certificate
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("read certificate: %s is damaged: %w", path, err)
	}
	if c.Format != Format {
		return nil, fmt.Errorf("read certificate: %s has format %d; this program knows %d", path, c.Format, Format)
	}
	return &c, nil
}
