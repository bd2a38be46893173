package serve

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// policy lets a page load what this server has and nothing else, and run no script but
// ours: whatever slipped through as markup could do nothing.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard answers only those who ask for a name of this machine. Any page on the Web can
// let a browser ask 127.0.0.1 under a name of its own (DNS rebinding), and would then
// read the answers as its own; but it cannot make the browser send another name than
// that. An address cannot be rebound, so that any is good.
func guard(hosts []string, next http.Handler) http.Handler {
	known := append([]string{"localhost"}, hosts...)
	if name, err := os.Hostname(); err == nil {
		known = append(known, name)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !isKnown(r.Host, known) {
			http.Error(w, "This server does not answer to that name. Call it by its address or by localhost, or name it with --allow-host.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isKnown(host string, known []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(name, host) })
}
