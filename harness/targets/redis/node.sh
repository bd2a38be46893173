# One node of Redis in a container. The environment says what is asked of it:
#   DATA      the folder for all files
#   CONFIG    the server's configuration
#   SENTINEL  the sentinel's configuration; empty for none
set -eu

# first FILE writes what comes in to a file that is not there yet: server and sentinel
# rewrite theirs. It is on the disk before anything depends on it.
first() {
  [ ! -s "$1" ] || return 0
  cat >"$1.part"
  sync "$1.part"
  mv "$1.part" "$1"
  sync "$DATA"
}

printf '%s\n' "$CONFIG" | first "$DATA/redis.conf"
if [ -n "$SENTINEL" ]; then
  printf '%s\n' "$SENTINEL" | first "$DATA/sentinel.conf"
  # It ends at once where the name of another node stands for nobody yet.
  while :; do redis-sentinel "$DATA/sentinel.conf" || sleep 0.2; done &
fi
exec redis-server "$DATA/redis.conf"
