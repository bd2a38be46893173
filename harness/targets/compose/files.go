package compose

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/assaykit/assay/harness/cluster"
)

// defaultData is where nodes have a disk that do not say where.
const defaultData = "/data"

// mostCopied is how many bytes a file or folder that is copied into a node may have.
const mostCopied = 16 << 20

// storage says what becomes of a service's volumes: folders with durable data, and files
// to be copied.
func storage(s types.ServiceConfig, project *types.Project, t text) (folders []string, files []cluster.File, err error) {
	for i, v := range s.Volumes {
		at := t.at("services", s.Name, "volumes", strconv.Itoa(i))
		switch {
		case v.Type == types.VolumeTypeVolume && v.Source != "" && bool(project.Volumes[v.Source].External):
			return nil, nil, fmt.Errorf("%s: service %s: volume %s exists outside, and is not to be touched; name one of the file's own", at, s.Name, v.Source)
		case v.Type == types.VolumeTypeVolume:
			folders = append(folders, path.Clean(v.Target))
		case v.Type == types.VolumeTypeBind && v.ReadOnly:
			copied, err := copyOf(v.Source, v.Target)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: service %s: copy %s: %w", at, s.Name, v.Source, err)
			}
			files = append(files, copied...)
		case v.Type == types.VolumeTypeBind:
			return nil, nil, fmt.Errorf("%s: service %s: %s would be written to; mount it read-only (:ro), which copies it, or use a volume for data", at, s.Name, v.Source)
		default:
			return nil, nil, fmt.Errorf("%s: service %s: mounts of type %s are not supported; use a volume", at, s.Name, v.Type)
		}
	}
	return folders, files, nil
}

// handed are the configurations and secrets that a service is given, as files.
func handed(s types.ServiceConfig, project *types.Project, t text) ([]cluster.File, error) {
	var all []cluster.File
	add := func(kind, folder string, r types.FileReferenceConfig, o types.FileObjectConfig) error {
		at := t.at("services", s.Name, kind)
		if bool(o.External) {
			return fmt.Errorf("%s: service %s: %s exists outside, and is not to be had; give it by file, content or environment", at, s.Name, r.Source)
		}
		if err := unheeded(r, o); err != nil {
			return fmt.Errorf("%s: service %s: %s: %w", at, s.Name, r.Source, err)
		}
		content, err := contentOf(o, project.Environment)
		if err != nil {
			return fmt.Errorf("%s: service %s: %s: %w", at, s.Name, r.Source, err)
		}
		target := cmp.Or(r.Target, r.Source)
		if !path.IsAbs(target) {
			target = path.Join(folder, target)
		}
		mode := uint32(0o444)
		if r.Mode != nil {
			mode = uint32(*r.Mode)
		}
		all = append(all, cluster.File{Path: target, Mode: mode, Content: content})
		return nil
	}
	for _, c := range s.Configs {
		if err := add("configs", "/", types.FileReferenceConfig(c), types.FileObjectConfig(project.Configs[c.Source])); err != nil {
			return nil, err
		}
	}
	for _, c := range s.Secrets {
		if err := add("secrets", "/run/secrets", types.FileReferenceConfig(c), types.FileObjectConfig(project.Secrets[c.Source])); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// unheeded says what is asked for that no file here gets.
func unheeded(r types.FileReferenceConfig, o types.FileObjectConfig) error {
	for _, id := range []string{r.UID, r.GID} {
		if id != "" && id != "0" {
			return fmt.Errorf("uid and gid are not supported: the file is root's; let others read it by mode: 0444")
		}
	}
	if o.TemplateDriver != "" {
		return fmt.Errorf("template_driver is not supported: write out what it would make")
	}
	return nil
}

// contentOf is what a configuration or a secret holds. The environment is the one that the
// file is read in, together with what .env adds to it.
func contentOf(o types.FileObjectConfig, environment types.Mapping) ([]byte, error) {
	switch {
	case o.File != "":
		if info, err := os.Stat(o.File); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is a folder; mount it read-only, as in ./folder:/path:ro", o.File)
		}
		files, err := copyOf(o.File, "/")
		if err != nil {
			return nil, err
		}
		return files[0].Content, nil
	case o.Environment != "":
		value, set := environment[o.Environment]
		if !set {
			return nil, fmt.Errorf("the environment has no %s", o.Environment)
		}
		return []byte(value), nil
	}
	return []byte(o.Content), nil
}

// unhidden says which file would lie below a folder in memory, which is empty whenever its
// node starts, and which volume would lie at the same place. A node without a volume gets
// one at defaultData.
func unhidden(files []cluster.File, volumes []string, s types.ServiceConfig, t text) error {
	for i, scratch := range s.Tmpfs {
		at := t.at("services", s.Name, "tmpfs", strconv.Itoa(i))
		folder, _, _ := strings.Cut(scratch, ":")
		folder = path.Clean(folder)
		for _, f := range files {
			if strings.HasPrefix(path.Clean(f.Path), folder+"/") {
				return fmt.Errorf("%s: service %s: the folder in memory at %s would hide %s; put one of them elsewhere", at, s.Name, folder, f.Path)
			}
		}
		if slices.Contains(volumes, folder) {
			return fmt.Errorf("%s: service %s: %s cannot be in memory and on a disk; leave out one of them", at, s.Name, folder)
		}
		if folder == defaultData && strings.Join(volumes, "") == "" {
			return fmt.Errorf("%s: service %s: a node that names no volume has its disk at %s; say where else by %s: {data: /FOLDER}", at, s.Name, folder, extension)
		}
	}
	return nil
}

// copyOf reads a file, or all files of a folder.
func copyOf(source, target string) ([]cluster.File, error) {
	var files []cluster.File
	total := 0
	err := filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file", name)
		}
		if total += int(info.Size()); total > mostCopied {
			return fmt.Errorf("it has more than %d MB", mostCopied>>20)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(source, name)
		files = append(files, cluster.File{
			Path: path.Join(target, filepath.ToSlash(inside)), Mode: uint32(info.Mode().Perm()), Content: content,
		})
		return err
	})
	return files, err
}

// refuseShared says which volume two services share: each node gets volumes of its own.
func refuseShared(project *types.Project, t text) error {
	owner := map[string]string{}
	for _, name := range project.ServiceNames() {
		for i, v := range project.Services[name].Volumes {
			if v.Type != types.VolumeTypeVolume || v.Source == "" {
				continue
			}
			if other, taken := owner[v.Source]; taken && other != name {
				return fmt.Errorf("%s: services %s and %s share the volume %s; give each node one of its own",
					t.at("services", name, "volumes", strconv.Itoa(i)), other, name, v.Source)
			}
			owner[v.Source] = name
		}
	}
	return nil
}
