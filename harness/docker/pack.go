package docker

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// folders are in every image, because programs expect them: durable data, and
// temporary files of anybody.
var folders = []tar.Header{
	{Name: "data/", Typeflag: tar.TypeDir, Mode: 0o755},
	{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777},
}

// pack writes the file system of an image that holds nothing but the program.
// Names and times are fixed, so that equal programs make equal layers.
func (p program) pack(w io.Writer) error {
	archive := tar.NewWriter(w)
	for _, h := range append(parents(p.entrypoint), folders...) {
		if err := archive.WriteHeader(fixed(h)); err != nil {
			return err
		}
	}
	return errors.Join(p.packExecutable(archive), archive.Close())
}

func (p program) packExecutable(archive *tar.Writer) error {
	file, err := os.Open(p.file)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(p.entrypoint, "/")
	header := tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: info.Size()}
	if err := archive.WriteHeader(fixed(header)); err != nil {
		return err
	}
	_, err = io.Copy(archive, file)
	return err
}

// parents are the folders above a path, the outermost first.
func parents(file string) []tar.Header {
	var above []tar.Header
	for dir := path.Dir(file); dir != "/" && dir != "."; dir = path.Dir(dir) {
		header := tar.Header{Name: strings.TrimPrefix(dir, "/") + "/", Typeflag: tar.TypeDir, Mode: 0o755}
		above = append([]tar.Header{header}, above...)
	}
	return above
}

func fixed(h tar.Header) *tar.Header {
	h.ModTime = time.Unix(0, 0)
	return &h
}
