package index

import "time"

// Forget lets the index look again at once.
func Forget(x *Index) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.at = time.Time{}
}
