package index

import (
	"strings"
	"unicode"

	"github.com/assaykit/assay/results"
)

// VersionOf is which version of its target ran: the setting of that name, or else the
// tag of the image, or else the beginning of the image's digest; empty if the run
// tells none of them.
func VersionOf(r results.Run) string {
	if v := r.Settings["version"]; v != "" {
		return v
	}
	if tag := tagOf(r.Image); tag != "" && tag != "latest" {
		return tag
	}
	algorithm, digest, _ := strings.Cut(r.ImageID, ":")
	if digest == "" {
		return ""
	}
	return algorithm + ":" + digest[:min(len(digest), 12)]
}

// Numbered says that a version is one of those that CompareVersions can order: one that
// begins with a number, perhaps after a v. Names and digests have no order of their own.
func Numbered(version string) bool {
	version = strings.TrimPrefix(version, "v")
	return version != "" && isDigit(rune(version[0]))
}

// tagOf is the tag of an image's reference. A colon before a slash is a registry's
// port.
func tagOf(image string) string {
	image, _, _ = strings.Cut(image, "@")
	at := strings.LastIndexByte(image, ':')
	if at < 0 || strings.Contains(image[at:], "/") {
		return ""
	}
	return image[at+1:]
}

// CompareVersions orders versions as people count them: runs of digits by their
// numbers, so that 3.10 comes after 3.9, and a version with a suffix after a hyphen,
// which is a version before the release, before the one without.
func CompareVersions(a, b string) int {
	for a != "" && b != "" {
		x, restA := chunk(a)
		y, restB := chunk(b)
		if order := compareChunks(x, y); order != 0 {
			return order
		}
		a, b = restA, restB
	}
	switch {
	case a == b:
		return 0
	case a == "":
		return -suffix(b)
	default:
		return suffix(a)
	}
}

// suffix is 1 if more text makes a version a later one, and -1 if it makes it one
// before the release.
func suffix(rest string) int {
	if strings.HasPrefix(rest, "-") {
		return -1
	}
	return 1
}

// chunk cuts off the first run of digits, or of anything else.
func chunk(s string) (first, rest string) {
	digits := isDigit(rune(s[0]))
	at := strings.IndexFunc(s, func(r rune) bool { return isDigit(r) != digits })
	if at < 0 {
		return s, ""
	}
	return s[:at], s[at:]
}

func isDigit(r rune) bool { return r < unicode.MaxASCII && unicode.IsDigit(r) }

func compareChunks(x, y string) int {
	if !isDigit(rune(x[0])) || !isDigit(rune(y[0])) {
		return compareText(x, y)
	}
	x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	return strings.Compare(x, y)
}

// compareText lets a hyphen come before everything else: 1.0-rc1 before 1.0.1.
func compareText(x, y string) int {
	xBefore, yBefore := strings.HasPrefix(x, "-"), strings.HasPrefix(y, "-")
	if xBefore != yBefore {
		if xBefore {
			return -1
		}
		return 1
	}
	return strings.Compare(x, y)
}
