package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"

	"github.com/assaykit/assay/harness/cluster"
	"github.com/assaykit/assay/harness/gobuild"
)

// ErrNoImage means that the engine has no such image and can neither make nor
// pull it.
var ErrNoImage = errors.New("no such image")

// ImageID returns the digest that identifies an image that the engine has. Its
// error is ErrNoImage if it has none of this name.
func (e *Engine) ImageID(ctx context.Context, reference string) (string, error) {
	found, err := e.api.ImageInspect(ctx, reference)
	if cerrdefs.IsNotFound(err) {
		return "", fmt.Errorf("%w: %s", ErrNoImage, reference)
	}
	if err != nil {
		return "", fmt.Errorf("inspect image %s: %w", reference, err)
	}
	return found.ID, nil
}

// EnsureImage makes sure that the engine has an image, and returns the reference
// to run it by: the first preferred one that is there, otherwise the image's own,
// which is made or pulled if it is missing. Images of Assay's own programs are
// made again whenever their source has changed, and are referred to by content.
func (e *Engine) EnsureImage(ctx context.Context, i cluster.Image, log io.Writer) (string, error) {
	log = orDiscard(log)
	for _, reference := range i.Preferred {
		if found, err := e.has(ctx, reference); found || err != nil {
			return reference, err
		}
	}
	if own, isOwn := i.Recipe.(gobuild.Own); isOwn {
		return e.own.get(i.Reference).ensure(ctx, e, own, log)
	}
	if found, err := e.has(ctx, i.Reference); found || err != nil {
		return i.Reference, err
	}
	if i.Recipe != nil {
		return i.Reference, e.make(ctx, i, log)
	}
	return i.Reference, e.pull(ctx, i, log)
}

// Build makes an image by its recipe unless it is there; force makes it anyway.
func (e *Engine) Build(ctx context.Context, i cluster.Image, force bool, log io.Writer) error {
	log = orDiscard(log)
	if i.Recipe == nil {
		return fmt.Errorf("build image %s: there is no recipe for it", i.Reference)
	}
	before, err := e.ImageID(ctx, i.Reference)
	if err != nil && !errors.Is(err, ErrNoImage) {
		return err
	}
	if before != "" && !force {
		fmt.Fprintf(log, "image %s is there already\n", i.Reference)
		return nil
	}
	if err := e.make(ctx, i, log); err != nil {
		return err
	}
	if before != "" {
		e.dropNameless(ctx, before)
	}
	return nil
}

// dropNameless removes an image that has lost its name to a newer one. It stays
// if a container uses it, or if it cannot be removed for another reason, which
// harms nobody.
func (e *Engine) dropNameless(ctx context.Context, id string) {
	found, err := e.api.ImageInspect(ctx, id)
	if err == nil && len(found.RepoTags) == 0 {
		e.api.ImageRemove(ctx, id, image.RemoveOptions{PruneChildren: true})
	}
}

func (e *Engine) has(ctx context.Context, reference string) (bool, error) {
	_, err := e.ImageID(ctx, reference)
	if errors.Is(err, ErrNoImage) {
		return false, nil
	}
	return err == nil, err
}

// make runs a recipe and loads what it made.
func (e *Engine) make(ctx context.Context, i cluster.Image, log io.Writer) error {
	return withProgram(ctx, i.Recipe, e.version.Arch, log, func(p program) error {
		return e.load(ctx, i.Reference, p, log)
	})
}

// load makes an image FROM scratch, without a builder and without a base image.
func (e *Engine) load(ctx context.Context, reference string, p program, log io.Writer) error {
	fmt.Fprintf(log, "loading image %s\n", reference)
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(p.pack(writer)) }()
	defer reader.Close() // ends the goroutine if the engine has not read it all
	source := image.ImportSource{Source: reader, SourceName: "-"}
	progress, err := e.api.ImageImport(ctx, source, reference, image.ImportOptions{Changes: []string{
		"ENTRYPOINT " + quote([]string{p.entrypoint}),
		"ENV PATH=" + path.Dir(p.entrypoint) + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LABEL " + labelImage + "=" + reference + " " + labelContent + "=" + p.digest,
	}})
	if err == nil {
		err = follow(progress, io.Discard)
	}
	if err != nil {
		return fmt.Errorf("load image %s: %w", reference, err)
	}
	return nil
}

func (e *Engine) pull(ctx context.Context, i cluster.Image, log io.Writer) error {
	fmt.Fprintf(log, "pulling image %s\n", i.Reference)
	progress, err := e.api.ImagePull(ctx, i.Reference, image.PullOptions{})
	if err == nil {
		err = follow(progress, log)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	advice := i.Advice
	if advice == "" {
		advice = "make it or pull it by hand, or name another one with --image"
	}
	return fmt.Errorf("%w: %s cannot be pulled: %w\n%s", ErrNoImage, i.Reference, err, advice)
}

// follow reads the engine's report on a pull or an import to its end, where an
// error may be. Progress of single layers is left out of the log.
func follow(report io.ReadCloser, log io.Writer) error {
	defer report.Close()
	for lines := json.NewDecoder(report); ; {
		var line struct{ ID, Status, Error string }
		err := lines.Decode(&line)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the engine's report: %w", err)
		case line.Error != "":
			return errors.New(line.Error)
		case line.ID == "" && line.Status != "":
			fmt.Fprintln(log, line.Status)
		}
	}
}

// program is a static executable and its place in an image.
type program struct {
	file       string
	digest     string
	entrypoint string
}

// withProgram runs a recipe, hands its program on, and removes it.
func withProgram(ctx context.Context, r cluster.Recipe, arch string, log io.Writer, use func(program) error) error {
	dir, err := os.MkdirTemp("", "assay-image-")
	if err != nil {
		return fmt.Errorf("make a folder for the image: %w", err)
	}
	defer os.RemoveAll(dir)
	p := program{file: filepath.Join(dir, "program"), entrypoint: r.Entrypoint()}
	if err := r.Build(ctx, arch, p.file, log); err != nil {
		return err
	}
	if p.digest, err = digest(p.file); err != nil {
		return err
	}
	return use(p)
}

func digest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// orDiscard lets callers pass no log.
func orDiscard(log io.Writer) io.Writer {
	if log == nil {
		return io.Discard
	}
	return log
}

func quote(words []string) string {
	text, err := json.Marshal(words)
	if err != nil {
		panic("strings can always be marshalled: " + err.Error())
	}
	return string(text)
}
