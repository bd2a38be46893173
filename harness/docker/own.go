package docker

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"

	"github.com/assaykit/assay/harness/gobuild"
)

// usefulLife is how long an image of Assay's own is kept at least: another
// checkout may have made it a moment ago and be about to run it.
const usefulLife = time.Hour

// ownImages are images of Assay's own programs, which follow their source.
type ownImages struct {
	mu          sync.Mutex
	byReference map[string]*ownImage
}

func (o *ownImages) get(reference string) *ownImage {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byReference == nil {
		o.byReference = map[string]*ownImage{}
	}
	if o.byReference[reference] == nil {
		o.byReference[reference] = &ownImage{reference: reference}
	}
	return o.byReference[reference]
}

type ownImage struct {
	reference string

	mu sync.Mutex
	// exact is the reference by content, once it has been found out; the source
	// is taken not to change while this process runs.
	exact string
}

// ensure builds the program, which the Go toolchain's cache makes quick, and
// loads it only if the engine has no image with this very program.
func (o *ownImage) ensure(ctx context.Context, e *Engine, own gobuild.Own, log io.Writer) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.exact != "" {
		return o.exact, nil
	}
	var exact string
	err := withProgram(ctx, own, e.version.Arch, log, func(p program) error {
		exact = repository(o.reference) + ":" + p.digest[:12]
		return e.refresh(ctx, o.reference, exact, p, log)
	})
	if err == nil {
		o.exact = exact
	}
	return exact, err
}

// refresh makes both references lead to the program, and drops the images of
// its earlier versions.
func (e *Engine) refresh(ctx context.Context, reference, exact string, p program, log io.Writer) error {
	found, err := e.has(ctx, exact)
	if err != nil {
		return err
	}
	if !found {
		if err := e.load(ctx, exact, p, log); err != nil {
			return err
		}
	}
	if err := e.api.ImageTag(ctx, exact, reference); err != nil {
		return fmt.Errorf("tag image %s: %w", reference, err)
	}
	if found {
		return nil
	}
	return e.dropOld(ctx, exact)
}

// dropOld removes the images of a program's earlier versions that no container
// uses.
func (e *Engine) dropOld(ctx context.Context, exact string) error {
	ours := filters.NewArgs(filters.Arg("reference", repository(exact)), filters.Arg("label", labelImage))
	images, err := e.api.ImageList(ctx, image.ListOptions{Filters: ours})
	if err != nil {
		return fmt.Errorf("list images of %s: %w", repository(exact), err)
	}
	for _, tag := range old(images, exact, time.Now()) {
		// It may be in use, which is no error but keeps it.
		e.api.ImageRemove(ctx, tag, image.RemoveOptions{PruneChildren: true})
	}
	return nil
}

// old are the references by content of those images that can go.
func old(images []image.Summary, exact string, now time.Time) []string {
	var tags []string
	for _, i := range images {
		tag := i.Labels[labelImage]
		if tag != exact && now.Sub(time.Unix(i.Created, 0)) > usefulLife {
			tags = append(tags, tag)
		}
	}
	return tags
}

// repository is a reference without its tag.
func repository(reference string) string {
	colon := strings.LastIndexByte(reference, ':')
	if colon > strings.LastIndexByte(reference, '/') {
		return reference[:colon]
	}
	return reference
}
